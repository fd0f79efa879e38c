// Live subscriptions. GraphiQL has room for one, and ends it when its tab is left: but an agent's subscription is their session, and
// the walk goes through several tabs. So subscriptions live here, each with a socket of its own, until somebody stops them.
import { createClient } from 'graphql-ws';
import { check, introduction, whenAnother, who } from './access.js';
import { Store } from './store.js';

/** How many subscriptions a page may have. */
export const MAX_LIVE = 20;
/** How many messages of each are kept; the oldest go first. */
export const MAX_MESSAGES = 100;
/** How often in a row a connection is tried again: for about an hour and a half. */
const RETRY_ATTEMPTS = 1000;
const RETRY_FIRST_MS = 250;
const RETRY_LONGEST_MS = 5000;
/** A socket that is silent after a ping for this long is given up, and made again. */
const PING_EVERY_MS = 12_000;
const PONG_WITHIN_MS = 8_000;
/** The server refuses the actor, or the token has ended: trying again would change nothing. */
const FORBIDDEN = 4403;

/** All subscriptions as { key, number, name, actor, as, request, resumes, state, tries, log }; see start. Newest first. */
export const live = new Store([]);

const stops = new Map(); // by key: ends a subscription's socket
let numbers = 0; // of subscriptions as they were started, and of messages

function change(key, how) {
  live.set(live.get().map((entry) => (entry.key === key ? { ...entry, ...how(entry) } : entry)));
}

function write(key, kind, value, more = {}) {
  change(key, ({ log }) => ({ log: [{ number: ++numbers, kind, at: new Date(), value }, ...log].slice(0, MAX_MESSAGES), ...more }));
}

/** What happened to a connection, in words. */
function reason(event) {
  if (Array.isArray(event)) return event.map((error) => error.message).join('; ');
  if (event?.code === 1006) return 'no connection (1006)';
  if (event?.code) return `closed with ${event.code}${event.reason ? ` ${event.reason}` : ''}`;
  return event?.message ?? String(event);
}

function connect(key, actor) {
  let missing; // the timer that runs until a pong comes
  const client = createClient({
    url: () => `${location.origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: () => introduction(actor),
    shouldRetry: (event) => event?.code !== FORBIDDEN,
    retryAttempts: RETRY_ATTEMPTS,
    retryWait: (retries) =>
      new Promise((resolve) => {
        const longest = Math.min(RETRY_FIRST_MS * 2 ** Math.min(retries, 10), RETRY_LONGEST_MS);
        setTimeout(resolve, longest * (0.5 + Math.random() / 2));
      }),
    keepAlive: PING_EVERY_MS,
    on: {
      connected: (_socket, _payload, again) =>
        again ? write(key, 'event', 'Connected again.', { state: 'live', tries: 0 }) : change(key, () => ({ state: 'live', tries: 0 })),
      ping: (received) => {
        if (!received) missing = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
      },
      pong: () => clearTimeout(missing),
      closed: (event) => {
        clearTimeout(missing);
        const entry = live.get().find((e) => e.key === key);
        if (!entry || entry.state === 'ended' || event?.code === FORBIDDEN) return; // it was stopped, or error says so
        if (entry.state === 'live') write(key, 'event', `The connection was lost: ${reason(event)}. Trying again.`);
        change(key, ({ tries }) => ({ state: 'lost', tries: tries + 1 }));
      },
    },
  });
  return client;
}

/**
 * Where a message stands in the order of all changes, if it says so: a subscription has exactly one root field, and its messages a cursor
 * (EV-1).
 */
function cursorOf({ data }) {
  const [message] = Object.values(data ?? {});
  return typeof message?.cursor === 'string' ? message.cursor : undefined;
}

/**
 * Starts a subscription as an actor (in development mode), or as whoever asks; `as` says who that is. The same one, as the same actor, is started afresh: it is never there
 * twice, but has another number. Its state is connecting, live, lost (it comes back by itself) or ended; log has its messages and what
 * happened to its connection, newest first. One that has a variable `after` goes on behind the last cursor when it comes back. It fails
 * when there are MAX_LIVE.
 */
export function start(request, name, actor, resumes) {
  const key = JSON.stringify([actor, request.operationName, request.query, request.variables]);
  stop(key);
  remove(key);
  if (live.get().filter((entry) => entry.state !== 'ended').length >= MAX_LIVE) {
    throw new Error(`There are ${MAX_LIVE} live subscriptions: stop one first.`);
  }
  const as = actor ?? who().principal.replace(/^agent:/, '');
  live.set([{ key, number: ++numbers, name, actor, as, request, resumes, state: 'connecting', tries: 0, log: [] }, ...live.get()]);
  const client = connect(key, actor);
  const payload = { ...request }; // sent again, as it is then, on each new connection
  const unsubscribe = client.subscribe(payload, {
    next: (message) => {
      const after = resumes && cursorOf(message);
      if (after) payload.variables = { ...payload.variables, after };
      write(key, 'message', message);
    },
    error: (error) => {
      stops.delete(key);
      if (error?.code !== FORBIDDEN || who()?.developmentMode !== false) {
        end(key, `Ended: ${reason(error)}.`);
        return;
      }
      end(key, `Ended: ${reason(error)}: the token has ended, or what it allows has changed.`);
      check();
    },
    complete: () => {
      end(key, 'The server ended it.');
      stops.delete(key);
    },
  });
  stops.set(key, () => {
    unsubscribe();
    client.dispose();
  });
  return key;
}

function end(key, why) {
  const entry = live.get().find((e) => e.key === key);
  if (entry && entry.state !== 'ended') write(key, 'event', why, { state: 'ended' });
}

/** Ends a subscription; what it brought stays to be read. */
export function stop(key) {
  end(key, 'Stopped.');
  stops.get(key)?.();
  stops.delete(key);
}

/** Takes a subscription that has ended off the list. */
export function remove(key) {
  live.set(live.get().filter((entry) => entry.key !== key || entry.state !== 'ended'));
}

whenAnother(() => {
  for (const { key } of live.get()) stop(key);
  live.set([]);
});
