// /schema.graphql, introspection and docs/api/schema.graphql are the same schema, descriptions and deprecations included.
//
// RAPPORT_URL is the server's address, for example http://127.0.0.1:8080; without it everything is skipped.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, it } from 'node:test';
import {
  assertValidSchema, buildClientSchema, buildSchema, getIntrospectionQuery, introspectionFromSchema, lexicographicSortSchema, printSchema,
} from 'graphql';

const url = process.env.RAPPORT_URL;
const skip = url ? false : 'RAPPORT_URL is not set: no server to talk to';

/** All that introspection tells. */
const everything = {
  descriptions: true, specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true,
};

const sorted = (schema) => printSchema(lexicographicSortSchema(schema));

/** The names of the directives, GraphQL's own included; printSchema leaves those out. */
const directives = (schema) => schema.getDirectives().map(({ name }) => name).sort();

describe('the schema', { skip, timeout: 30_000 }, () => {
  let served, introspected;

  before(async () => {
    served = await (await fetch(`${url}/schema.graphql`)).text();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: getIntrospectionQuery(everything) }),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined);
    introspected = data;
  });

  it('is valid to graphql-js', () => assertValidSchema(buildSchema(served)));

  it('is introspected as it is served', () => {
    const [one, other] = [buildSchema(served), buildClientSchema(introspected)];
    assert.equal(sorted(other), sorted(one));
    assert.deepEqual(directives(other), directives(one));
  });

  it('is the one in docs/api', async () => {
    const text = await readFile(new URL('../../docs/api/schema.graphql', import.meta.url), 'utf8');
    assert.equal(sorted(buildSchema(served)), sorted(buildSchema(text)));
  });

  it('differs when a deprecation, a default or a description does', () => {
    for (const [from, to] of [
      [/\n {2}idempotencyKey: String\n/, '\n  idempotencyKey: String @deprecated(reason: "No.")\n'],
      ['first: Int! = 25', 'first: Int! = 24'],
      ['The global id.', 'The id.'],
    ]) {
      const other = served.replace(from, to);
      assert.notEqual(other, served, `${from} is not there`);
      const client = buildClientSchema(introspectionFromSchema(buildSchema(other), everything));
      assert.notEqual(sorted(client), sorted(buildClientSchema(introspected)), `${to} goes unnoticed`);
    }
  });

  it('is not sent again to who has it', async () => {
    const first = await fetch(`${url}/schema.graphql`);
    assert.equal(await first.text(), served);
    const again = await fetch(`${url}/schema.graphql`, { headers: { 'If-None-Match': first.headers.get('etag') } });
    assert.deepEqual([first.status, again.status, await again.text()], [200, 304, '']);
  });
});
