// What becomes of a subscription when its token ends (RL-1): the server closes with 4403, and the npm client graphql-ws comes back with a new token and
// the last cursor, and has missed nothing and heard nothing twice. So does examples/clients/ts, which stands on it.
//
// RAPPORT_URL is the address of a server that asks for tokens, RAPPORT_ADMIN the token of an administrator, and RAPPORT_TOKENS an address that gives the
// token of an observer, good for `?seconds=`. RAPPORT_CLIENTS is where examples/clients/ts is, compiled. internal/e2e/npm_test.go has all of them; without,
// everything is skipped.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const { RAPPORT_URL: url, RAPPORT_ADMIN: admin, RAPPORT_TOKENS: tokens, RAPPORT_CLIENTS: clients } = process.env;
const skip = url && admin && tokens && clients ? false : 'RAPPORT_URL and the others are not set: no server to talk to';
const patience = 20_000;
globalThis.WebSocket ??= WebSocket; // as in a browser
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const changes = 'subscription ($after: String) { workItems(after: $after) { type cursor change workItem { id } } }';

/** Asks for a token as one asks an identity provider. */
async function fetchToken(seconds) {
  const response = await fetch(`${tokens}?seconds=${seconds}`);
  assert.ok(response.ok);
  return response.text();
}

async function asAdmin(query, variables = {}) {
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${admin}` };
  const { data, errors } = await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** What examples/README.md says that one does with graphql-ws, as it stands there. */
const readme = readFileSync(new URL('../../examples/README.md', import.meta.url), 'utf8');
const advice = new Function('createClient', 'url', 'newToken', 'query', 'show', 'ended',
  `${readme.match(/(^(    .*)?\n)+/gm).find((block) => block.includes('createClient('))} return client;`);

/** Does so, and gives the client, the codes of its connections' ends, and a promise of its own end. */
function follow(newToken, show = () => {}, options = {}) {
  const closed = [];
  let client;
  const end = new Promise((resolve) => {
    client = advice((given) => createClient({ ...given, ...options }), `${url.replace(/^http/, 'ws')}/graphql`, newToken, changes, show, resolve);
  });
  client.on('closed', ({ code }) => closed.push(code));
  return { client, end, closed };
}

/** Work that comes all the time, until it is stopped, which gives the ids of all that came. */
function work(workstream) {
  const made = [];
  let goOn = true;
  const done = (async () => {
    while (goOn) {
      const { createWorkItem } = await asAdmin('mutation ($w: ID!) { createWorkItem(input: { workstreamId: $w }) { workItem { id } } }', { w: workstream });
      made.push(createWorkItem.workItem.id);
      await pause(15);
    }
  })();
  return async () => {
    goOn = false;
    await done;
    return made;
  };
}

/** Whether all has been told of the last piece of work. */
const isLast = ({ change, workItem }, made) => workItem?.id === made.at(-1) && change !== 'CREATED';

/**
 * Judges what somebody heard of the work that came, of each piece once: that it was created and decided about, or how it stands, after a gap between two connections in
 * which that happened. At least so many were made in gaps.
 */
function missedNothing(made, messages, gaps) {
  const heard = new Map(made.map((id) => [id, []]));
  for (const { type, change, workItem } of messages) heard.get(workItem?.id)?.push(change ?? type);
  const stories = made.map((id) => `${id}: ${heard.get(id).join(' ')}`);
  assert.deepEqual(stories.filter((story) => !/: (CREATED DECIDED|STATE|CREATED STATE)$/.test(story)), [], `of ${made.length}`);
  const caughtUp = stories.filter((story) => story.endsWith('STATE')).length;
  assert.ok(caughtUp >= gaps, `${caughtUp} were made while there was no connection`);
  assert.equal(messages.filter(({ type }) => type === 'RESET').length, 0);
}

describe('the end of a token', { skip, timeout: 6 * patience }, () => {
  let workstream;

  before(async () => {
    const { createQueue } = await asAdmin('mutation { createQueue(input: { name: "Of tokens" }) { queue { id } } }');
    const { createWorkstream } = await asAdmin(
      'mutation ($q: ID!) { createWorkstream(input: { name: "Of tokens", channel: CHAT, queueId: $q }) { workstream { id } } }', { q: createQueue.queue.id });
    workstream = createWorkstream.workstream.id;
  });

  it('is no end for graphql-ws as examples/README.md has it, which misses nothing', async () => {
    const messages = [];
    const fetched = [];
    let stop;
    let ready = 0;
    let over;
    const enough = new Promise((resolve) => (over = resolve));
    const newToken = async () => {
      const token = await fetchToken(fetched.length < 2 ? 3 : 60);
      fetched.push(token);
      return token;
    };
    const { client, end, closed } = follow(newToken, (message) => {
      messages.push(message);
      if (message.type !== 'READY') return;
      stop ??= work(workstream);
      if (++ready === 3) over();
    });
    await Promise.race([enough, end]);
    const made = await stop();
    for (const late = Date.now() + patience; !messages.some((message) => isLast(message, made)) && Date.now() < late; ) await pause(20);
    await client.dispose();
    await end;
    assert.deepEqual(closed.slice(0, 2), [4403, 4403]);
    assert.equal(new Set(fetched).size, 3, 'each connection has a token of its own');
    missedNothing(made, messages, 2);
  });

  it('is no end for follow of examples/clients/ts, which misses nothing, however slowly its messages are looked at', async () => {
    const example = await import(pathToFileURL(`${clients}/follow.js`));
    const messages = [];
    let asked = 0;
    let stop;
    let made;
    let ready = 0;
    // The second time nobody gives a token.
    const token = async () => {
      if (++asked === 2) throw new Error('no token today');
      return fetchToken(asked < 4 ? 3 : 60);
    };
    for await (const message of example.follow({ url: `${url}/graphql`, token }, changes, {})) {
      messages.push(message);
      if (message.type === 'READY') {
        stop ??= work(workstream);
        if (++ready === 3) made = await stop();
      } else if (!made && message.type === 'CHANGED') {
        await pause(25); // slower than the work comes
      }
      if (made && isLast(message, made)) break;
    }
    assert.equal(asked, 4);
    missedNothing(made, messages, 2);
  });

  it('is the end where the new token is not taken', async () => {
    const example = await import(pathToFileURL(`${clients}/follow.js`));
    let asked = 0;
    const ended = async () => (asked++ === 0 ? fetchToken(2) : 'nobody');
    const { end, closed } = follow(ended);
    assert.equal((await end).code, 4403);
    assert.deepEqual(closed, [4403, 4403]);
    assert.equal(asked, 2);
    asked = 0;
    await assert.rejects(async () => {
      for await (const { type } of example.follow({ url: `${url}/graphql`, token: ended }, changes, {})) assert.ok(type);
    }, /closed with 4403 Forbidden/);
    assert.equal(asked, 2);
  });

  it('is tried again by graphql-ws of its own accord, which does not help without a new token', async () => {
    const token = await fetchToken(2);
    const { end, closed } = follow(() => token, () => {}, { shouldRetry: undefined, retryAttempts: 3, retryWait: () => pause(50) });
    assert.equal((await end).code, 4403);
    assert.deepEqual(closed, [4403, 4403, 4403, 4403]);
  });
});
