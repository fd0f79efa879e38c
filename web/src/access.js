// Who asks, and what they may do. In development mode nobody needs a token. Else the token is kept in this tab's sessionStorage and
// nowhere else: it goes into headers and connection_init only, never into an address, and not into what GraphiQL stores.
import { parse } from 'graphql';
import { Store } from './store.js';

export const ENDPOINT = '/graphql';
const SCHEMA = '/schema.graphql';
const TOKEN_KEY = 'rapport:token';
/** After how long a server that does not answer is asked again. */
const AGAIN_MS = 2000;

const WHO = '{ server { developmentMode } viewer { principal agentId agent { name } roles permissions expiresAt } }';

/**
 * { state, who, said }. The state is asking; away: the server does not answer, and is asked again; closed: a token is needed; in. who is the
 * last one who was let in: { developmentMode, principal, agentId, agent, roles, permissions, expiresAt, rules }, and null before that and
 * when the token was forgotten. said is what there is to say about a token that is needed.
 */
export const access = new Store({ state: 'asking', who: null, said: '' });

let token = sessionStorage.getItem(TOKEN_KEY) ?? '';
let taken = false; // the server has taken this token

export const who = () => access.get().who;

/** The headers that say who asks. */
export const credentials = () => (token ? { Authorization: `Bearer ${token}` } : {});

/** What connection_init is to say: the token, or in development mode the agent to be. */
export function introduction(actor) {
  if (token) return { token };
  return actor ? { actor } : undefined;
}

function keep(text) {
  token = text;
  taken = false;
  if (text) sessionStorage.setItem(TOKEN_KEY, text);
  else sessionStorage.removeItem(TOKEN_KEY);
}

/** The server does not take the token, or wants one; message is why, in its words. */
export function refused(message = '') {
  let { said } = access.get();
  if (token) said = taken || message.includes('expired') ? 'The token has ended: give a new one.' : 'The server does not take this token.';
  keep('');
  access.set({ ...access.get(), state: 'closed', said });
}

/** Takes a token, as it is or as it stands in a header, and asks the server whose it is. */
export async function give(text) {
  const given = text.trim().replace(/^(Authorization: *)?Bearer +/i, '');
  if (/^[!-~]+$/.test(given)) {
    keep(given);
    await check();
  } else {
    access.set({ ...access.get(), said: 'That is no token: it must be one word.' });
  }
}

/** Forgets the token, and who it was. */
export function forget() {
  keep('');
  access.set({ state: 'closed', who: null, said: '' });
}

/** Asks the server who we are. A server that does not answer is asked again, until it does. */
export async function check() {
  const asked = token;
  let found;
  try {
    found = await ask();
  } catch {
    if (asked !== token) return;
    access.set({ ...access.get(), state: 'away' });
    setTimeout(() => asked === token && check(), AGAIN_MS);
    return;
  }
  if (asked !== token) return; // another one was given meanwhile
  if (found.refused) {
    refused(found.refused);
    return;
  }
  if (found.developmentMode) keep(''); // one that is left from another server at this address
  taken = true;
  access.set({ state: 'in', who: found, said: '' });
}

/**
 * Who we are, or { refused }, why the server wants another token. It fails when there is no answer that can be read. A token that has ended
 * by the server's clock counts as refused, though over HTTP the server takes it a little longer: no subscription would start with it.
 */
async function ask() {
  const headers = { ...credentials(), 'Content-Type': 'application/json', Accept: 'application/graphql-response+json, application/json' };
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body: JSON.stringify({ query: WHO }) });
  const { data, errors } = await response.json().catch(() => ({})); // a proxy's page is no answer
  if (response.status === 401) return { refused: errors?.[0]?.message ?? 'it does not say' };
  const { developmentMode } = data.server;
  if (!developmentMode && Date.parse(data.viewer.expiresAt) <= Date.parse(response.headers.get('Date'))) return { refused: 'the token has expired' };
  return { ...data.viewer, developmentMode, rules: developmentMode ? {} : await readRules() };
}

/** What @allow says of each field of the roots, as { 'Query.roles': { any, own } }; nothing when it can't be read: the server decides anyway. */
async function readRules() {
  const rules = {};
  try {
    const response = await fetch(SCHEMA, { headers: credentials() });
    for (const { name, fields } of parse(await response.text()).definitions) {
      for (const field of fields ?? []) {
        const allow = field.directives?.find((directive) => directive.name.value === 'allow');
        if (!allow) continue;
        const given = (argument) => allow.arguments.find((a) => a.name.value === argument)?.value;
        rules[`${name.value}.${field.name.value}`] = { any: (given('any')?.values ?? []).map(({ value }) => value), own: given('own')?.value };
      }
    }
  } catch {
    // no hints then
  }
  return rules;
}

/** Calls what is to be done when somebody else asks, or nobody any more: what one has seen is theirs. */
export function whenAnother(todo) {
  let before;
  access.watch(() => {
    const now = who()?.principal;
    if (before !== undefined && now !== before) todo();
    before = now;
  });
}

const ROOTS = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };

/** The names of an operation's fields at its root. */
function rootFields({ selections }, document) {
  return selections.flatMap((selection) => {
    if (selection.kind === 'Field') return [selection.name.value];
    if (selection.kind === 'InlineFragment') return rootFields(selection.selectionSet, document);
    const fragment = document.definitions.find((d) => d.kind === 'FragmentDefinition' && d.name.value === selection.name.value);
    return fragment ? rootFields(fragment.selectionSet, document) : [];
  });
}

/** What an operation takes that somebody's roles do not give, in words: 'A or B'; '' when they may. The server has the last word. */
export function lacks({ permissions, agentId, rules }, operation, document) {
  const missing = rootFields(operation.selectionSet, document).flatMap((field) => {
    const { any = [], own } = rules[`${ROOTS[operation.operation]}.${field}`] ?? {};
    const may = any.length === 0 || any.some((p) => permissions.includes(p)) || (own && agentId && permissions.includes(own));
    if (may) return [];
    return [[...any, ...(own ? [agentId ? own : `${own} with an agent in the token`] : [])].join(' or ')];
  });
  return [...new Set(missing)].join(', and ');
}
