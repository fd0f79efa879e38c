// How operations reach the server: queries and mutations over HTTP, subscriptions as live ones.
import { getOperationAST, parse } from 'graphql';
import { credentials, ENDPOINT, lacks, refused, whenAnother, who } from './access.js';
import { start } from './live.js';
import { Store } from './store.js';

/** The header that names the acting agent; on a socket it travels in connection_init (internal/auth). */
const ACTOR_HEADER = 'x-rapport-actor';
const TOKEN_HEADER = 'authorization';

/** How GraphiQL calls its own query. */
const INTROSPECTION = 'IntrospectionQuery';

/** The data of the last answer to somebody's query or mutation. */
export const lastAnswer = new Store(null);
whenAnother(() => lastAnswer.set(null));

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

/** What a tab's headers say by a name in small letters, or undefined. */
function headerOf(headers, wanted) {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1] || undefined;
}

/** The acting agent by a tab's headers, or undefined. */
export const actorIn = (headers) => headerOf(headers, ACTOR_HEADER);

/**
 * The variables as they are sent. Where a token says who acts, the agentId of whoever is named in the headers, or of nobody, is that of the
 * token's agent.
 */
function variablesOf({ variables }, named) {
  const { developmentMode, agentId } = who();
  if (developmentMode || !variables || (variables.agentId !== '' && (!named || variables.agentId !== named))) return variables;
  if (!agentId) throw new Error('Your token is no agent’s: give the id of one as agentId.');
  return { ...variables, agentId };
}

/** The headers of a tab without those that say who acts: the token that was given does. */
function withoutActor(headers) {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => ![ACTOR_HEADER, TOKEN_HEADER].includes(name.toLowerCase())));
}

/** GraphiQL's fetcher. */
export async function fetcher(asked, { headers: given } = {}) {
  const operation = operationOf(asked);
  const named = actorIn(given);
  const { developmentMode, roles } = who();
  const request = { ...asked, variables: variablesOf(asked, named) };
  if (operation) request.operationName = operation.name?.value;
  const takes = operation && lacks(who(), operation, parse(asked.query));
  if (takes) return { notAllowed: `${operation.name?.value ?? 'This'} takes ${takes}, which your roles do not give (${roles.join(', ') || 'none'}).` };
  if (!developmentMode && request.operationName !== INTROSPECTION && headerOf(given, TOKEN_HEADER)) {
    return { notSent: 'The token that you gave above says who asks. Take Authorization out of the headers; to be somebody else, forget the token.' };
  }
  const headers = developmentMode ? given : withoutActor(given);
  if (operation?.operation === 'subscription') {
    const name = operation.name?.value ?? 'Subscription';
    const resumes = operation.variableDefinitions.some(({ variable }) => variable.name.value === 'after');
    start(request, name, developmentMode ? named : undefined, resumes);
    return { live: `${name} is live. What it brings is shown below, whichever tab you are in.` };
  }
  const shown = credentials();
  let response;
  try {
    response = await fetch(ENDPOINT, {
      method: 'POST',
      headers: { ...headers, ...shown, 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' },
      body: JSON.stringify(request),
    });
  } catch (error) {
    throw new Error(`The server does not answer (${error.message}).`);
  }
  const text = await response.text();
  if (response.status === 401 && shown.Authorization === credentials().Authorization) refused(text);
  try {
    const answer = JSON.parse(text);
    if (request.operationName !== INTROSPECTION) lastAnswer.set(answer.data ?? null);
    return answer;
  } catch {
    throw new Error(`The server answered ${response.status} and no JSON: ${text.slice(0, 200)}`);
  }
}
