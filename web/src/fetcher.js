// How operations reach the server: queries and mutations over HTTP, subscriptions as live ones.
import { getOperationAST, parse } from 'graphql';
import { start } from './live.js';
import { Store } from './store.js';

const ENDPOINT = '/graphql';
/** The header that names the acting agent; on a socket it travels in connection_init (internal/auth). */
const ACTOR_HEADER = 'x-rapport-actor';

/** The data of the last answer to somebody's query or mutation. */
export const lastAnswer = new Store(null);

/**
 * The operation that is meant, or null when there is none: the server says what is wrong. Right after an edit GraphiQL may still give the
 * name of an operation that is gone; a document's only operation is meant then.
 */
function operationOf({ query, operationName }) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}

/** The acting agent by a tab's headers, or undefined. */
export function actorIn(headers) {
  const entry = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === ACTOR_HEADER);
  return entry?.[1] || undefined;
}

/** GraphiQL's fetcher. */
export async function fetcher(asked, { headers } = {}) {
  const operation = operationOf(asked);
  const request = operation ? { ...asked, operationName: operation.name?.value } : asked;
  if (operation?.operation === 'subscription') {
    const name = operation.name?.value ?? 'Subscription';
    const resumes = operation.variableDefinitions.some(({ variable }) => variable.name.value === 'after');
    start(request, name, actorIn(headers), resumes);
    return { live: `${name} is live. What it brings is shown below, whichever tab you are in.` };
  }
  let response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' },
      body: JSON.stringify(request),
    });
  } catch (error) {
    throw new Error(`The server does not answer (${error.message}).`);
  }
  const text = await response.text();
  try {
    const answer = JSON.parse(text);
    if (request.operationName !== 'IntrospectionQuery') lastAnswer.set(answer.data ?? null);
    return answer;
  } catch {
    throw new Error(`The server answered ${response.status} and no JSON: ${text.slice(0, 200)}`);
  }
}
