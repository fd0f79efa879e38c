// The schema breaks nobody: docs/api/schema.graphql against docs/api/released.graphql, and samples of what is refused. Needs no server.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { compare, refusal } from '../checks/breaking.mjs';

const base = `
  directive @said(by: String) on FIELD_DEFINITION | ENUM_VALUE
  interface Node { id: ID! }
  type Query { thing(id: ID!, kind: Kind = OLD, first: Int): Thing!  things: [Thing!]!  either: Either }
  type Mutation { change(input: ChangeInput!): Thing! }
  type Subscription { changed: Thing! }
  type Thing implements Node { id: ID!  name: String!  note: String  size: Int!  old: Int @deprecated(reason: "Use \`size\`.") }
  type Other { id: ID! }
  union Either = Thing | Other
  enum Kind { OLD NEW }
  input ChangeInput { id: ID!  name: String  size: Int = 1  kind: Kind }`;

/** Each sample replaces one text of the base by another. */
const breaking = [
  ['a field removed', ' note: String ', ' ', /FIELD_REMOVED: Thing.note was removed/],
  ['a deprecated field removed all the same', / old: Int @dep.*?\)/, '', /FIELD_REMOVED: Thing.old/],
  ['a field renamed', 'name: String!  note', 'label: String!  note', /FIELD_REMOVED: Thing.name/],
  ["a field's type changed", 'size: Int!', 'size: Float!', /FIELD_CHANGED_KIND: Thing.size changed type from Int! to Float!/],
  ['an output that may be null from now on', 'name: String!', 'name: String', /FIELD_CHANGED_KIND: Thing.name changed type from String! to String/],
  ['entries that may be null from now on', '[Thing!]!', '[Thing]!', /FIELD_CHANGED_KIND: Query.things/],
  ['an argument removed', ', first: Int', '', /ARG_REMOVED: Query.thing arg first was removed/],
  ['an argument made required', 'first: Int', 'first: Int!', /ARG_CHANGED_KIND: Query.thing arg first has changed type from Int to Int!/],
  ['a required argument added', 'first: Int', 'first: Int, last: Int!', /REQUIRED_ARG_ADDED: A required arg last on Query.thing/],
  ["an argument's type changed", 'first: Int', 'first: String', /ARG_CHANGED_KIND: Query.thing arg first/],
  ['a required input field added', 'input ChangeInput { ', 'input ChangeInput { reason: String!  ', /REQUIRED_INPUT_FIELD_ADDED: .*reason/],
  ['an input field made required', 'name: String  size', 'name: String!  size', /FIELD_CHANGED_KIND: ChangeInput.name/],
  ['an input field removed', 'name: String  size', 'size', /FIELD_REMOVED: ChangeInput.name/],
  ['an input of which exactly one field is taken', /input ChangeInput.*/s, 'input ChangeInput @oneOf { id: ID  name: String  size: Int  kind: Kind }',
    /INPUT_BECAME_ONE_OF: ChangeInput became @oneOf/],
  ['an enum value removed', 'OLD NEW', 'OLD', /VALUE_REMOVED_FROM_ENUM: NEW was removed from enum type Kind/],
  ['a type removed', ' | Other', '', /TYPE_REMOVED_FROM_UNION: Other was removed/],
  ['a type of another kind', 'type Other {', 'interface Other {', /TYPE_CHANGED_KIND: Other changed from an Object type to an Interface type/, ' | Other'],
  ['an interface taken away', 'Thing implements Node', 'Thing', /IMPLEMENTED_INTERFACE_REMOVED: Thing no longer implements interface Node/],
  ['a root taken away', 'type Subscription { changed: Thing! }', '', /TYPE_REMOVED: Subscription was removed/],
  ['a directive removed', /directive.*/, '', /DIRECTIVE_REMOVED: said was removed/],
  ["a directive's place removed", ' | ENUM_VALUE', '', /DIRECTIVE_LOCATION_REMOVED: ENUM_VALUE was removed from said/],
];

const allowed = [
  ['a type and a field added', 'type Query { ', 'type New { a: Int }  type Query { fresh: New  ', []],
  ['an optional argument added', 'first: Int', 'first: Int, last: Int', [/OPTIONAL_ARG_ADDED/]],
  ['a required argument with a default', 'first: Int', 'first: Int, last: Int! = 3', [/OPTIONAL_ARG_ADDED/]],
  ['an optional input field added', 'input ChangeInput { ', 'input ChangeInput { reason: String  ', [/OPTIONAL_INPUT_FIELD_ADDED/]],
  ['a required input field with a default', 'input ChangeInput { ', 'input ChangeInput { reason: String! = ""  ', [/OPTIONAL_INPUT_FIELD_ADDED/]],
  ['an input field not required any more', 'input ChangeInput { id: ID!', 'input ChangeInput { id: ID', []],
  ['an output never null any more', 'note: String', 'note: String!', []],
  ['a field deprecated', 'note: String', 'note: String @deprecated(reason: "Use `name`.")', []],
  ['another description', 'type Other', '"Another."  type Other', []],
  ['a default changed', 'kind: Kind = OLD', 'kind: Kind = NEW', [/ARG_DEFAULT_VALUE_CHANGE/]],
  ['an enum value added', 'OLD NEW', 'OLD NEW NEWER', [/VALUE_ADDED_TO_ENUM/]],
  ['an interface added', 'type Other {', 'type Other implements Node {', [/IMPLEMENTED_INTERFACE_ADDED/]],
];

function changed(from, to, without = '') {
  const text = base.replace(from, to).replace(without, '');
  assert.notEqual(text, base, 'the sample changes nothing');
  return compare(base, text);
}

describe('what is refused', () => {
  for (const [name, from, to, want, without] of breaking) {
    it(name, () => {
      const found = changed(from, to, without);
      assert.ok(found.breaking.some((change) => want.test(change)), `found ${JSON.stringify(found)}`);
      assert.match(refusal(found), want);
    });
  }

  it('with what to do about it', () => {
    const text = refusal(changed('size: Int!', 'size: Float!'));
    for (const part of ['1 change(s)', 'Thing.size', '@deprecated(reason: "Use `newName`.")', '--release', 'CHANGELOG.md', 'docs/graphql.md']) {
      assert.ok(text.includes(part), `${part} is not in: ${text}`);
    }
  });
});

describe('what is allowed', () => {
  for (const [name, from, to, dangerous] of allowed) {
    it(name, () => {
      const found = changed(from, to);
      assert.equal(refusal(found), '');
      assert.equal(found.dangerous.length, dangerous.length, `found ${JSON.stringify(found)}`);
      dangerous.forEach((want, i) => assert.match(found.dangerous[i], want));
    });
  }
});

describe('the schema', () => {
  it('breaks no client of the released one', async () => {
    const [released, current] = await Promise.all(['released', 'schema']
      .map((name) => readFile(new URL(`../../docs/api/${name}.graphql`, import.meta.url), 'utf8')));
    const found = compare(released, current);
    // A client written with care survives these: one that has a case for enum values that it does not know, say.
    for (const change of found.dangerous) console.log(`dangerous: ${change}`);
    assert.ok(found.breaking.length === 0, refusal(found));
  });
});
