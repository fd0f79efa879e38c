// What a schema changes for those who rely on an older one: graphql-js finds it, this says what to do.
import { buildSchema, findBreakingChanges, findDangerousChanges, isInputObjectType } from 'graphql';

/** Compares two schemas in SDL and gives what would break clients of the old one, and what could, each as a list of sentences. */
export function compare(released, current) {
  const [before, after] = [released, current].map((text) => buildSchema(text));
  const said = ({ type, description }) => `${type}: ${description}`;
  return {
    breaking: [...findBreakingChanges(before, after).map(said), ...narrowed(before, after)],
    dangerous: findDangerousChanges(before, after).map(said),
  };
}

/** Inputs of which exactly one field must be given from now on; graphql 16 does not look at that. */
function narrowed(before, after) {
  return Object.values(after.getTypeMap())
    .filter((type) => isInputObjectType(type) && type.isOneOf && before.getType(type.name)?.isOneOf === false)
    .map((type) => `INPUT_BECAME_ONE_OF: ${type.name} became @oneOf.`);
}

/** What to tell who breaks the released schema, or nothing. */
export function refusal({ breaking }) {
  if (breaking.length === 0) return '';
  return `${breaking.length} change(s) break clients of the released schema (docs/api/released.graphql):

${breaking.map((change) => `  ${change}`).join('\n')}

What to do: keep what is there and deprecate it, with a reason that names its replacement:
  oldName: String @deprecated(reason: "Use \`newName\`.")
Something new that is required is optional, or has a default, instead.
Only for a new major version: \`go run ./internal/tools/sdl --release\`, and each of these lines under "Breaking" in CHANGELOG.md.
docs/graphql.md has the rest.`;
}
