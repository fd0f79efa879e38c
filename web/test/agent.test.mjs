// What an agent's desktop does with the npm client graphql-ws: sign in by subscribing, be offered work, answer, survive a restart.
//
// RAPPORT_URL is the server's address, for example http://127.0.0.1:8080; without it everything is skipped. The restart is somebody
// else's to make (internal/e2e/npm_test.go): when the file RAPPORT_RESTART_FILE appears, the server is to be restarted.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.env.RAPPORT_URL;
const restartFile = process.env.RAPPORT_RESTART_FILE;
const skip = url ? false : 'RAPPORT_URL is not set: no server to talk to';
const patience = 20_000;

/** Runs a query or mutation over HTTP, in the name of an agent if one is given, and gives its data. */
async function graphql(query, variables = {}, actor = undefined) {
  const headers = { 'Content-Type': 'application/json' };
  if (actor) headers['X-Rapport-Actor'] = actor;
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const offersDocument = `subscription ($agent: ID!) {
  agentOffers(agentId: $agent) { type cursor at offer { id state path workItem { id reference } } }
}`;

/** An agent's desktop: a client that never gives up, and the messages that it gets, one after another. */
class Desktop {
  constructor(agent) {
    this.agent = agent;
    this.closed = [];
    this.client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { actor: agent },
      // Without this the client gives up when a connection is refused, as it is while the server is down (docs/decisions/0004).
      shouldRetry: () => true,
      retryAttempts: 1000,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
      on: { closed: (event) => this.closed.push(event.code) },
    });
    this.messages = this.client.iterate({ query: offersDocument, variables: { agent } });
  }

  /** Waits for the next message, whose type and offer's state must be these. */
  async next(type, state = undefined) {
    const { value, done } = await this.messages.next();
    assert.ok(!done, 'the stream has ended');
    assert.deepEqual(value.errors, undefined);
    const message = value.data.agentOffers;
    assert.deepEqual([message.type, message.offer?.state], [type, state]);
    assert.equal(typeof message.cursor, type === 'STATE' ? 'object' : 'string', 'a start can be resumed behind its READY only');
    return message.offer;
  }

  accept(offer) {
    return graphql(`mutation ($o: ID!) { acceptOffer(input: { offerId: $o }) { assignment { id agentId workItem { id status } } } }`,
      { o: offer.id }, this.agent);
  }

  reject(offer) {
    return graphql(`mutation ($o: ID!) { rejectOffer(input: { offerId: $o }) { offer { state } } }`, { o: offer.id }, this.agent);
  }

  complete(offer) {
    return graphql(`mutation ($w: ID!) { completeWorkItem(input: { workItemId: $w }) { workItem { status } } }`,
      { w: offer.workItem.id }, this.agent);
  }
}

async function createAgent(name, capacityUnits) {
  const data = await graphql(`mutation ($n: String!, $u: Int!) { createAgent(input: { name: $n, capacityUnits: $u }) { agent { id } } }`,
    { n: name, u: capacityUnits });
  return data.createAgent.agent.id;
}

async function createWorkItem(workstream, reference) {
  const data = await graphql(`mutation ($w: ID!, $r: String) { createWorkItem(input: { workstreamId: $w, reference: $r }) { workItem { id } } }`,
    { w: workstream, r: reference });
  return data.createWorkItem.workItem.id;
}

async function presence(agent) {
  const data = await graphql(`query ($a: ID!) { agent(id: $a) { presence { base signedIn cause } } }`, { a: agent });
  return data.agent.presence;
}

async function until(what, holds) {
  for (const end = Date.now() + patience; !(await holds());) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('an agent with graphql-ws', { skip, timeout: 3 * patience }, () => {
  let workstream, first, second;

  before(async () => {
    const { createQueue } = await graphql(`mutation { createQueue(input: { name: "Of graphql-ws" }) { queue { id } } }`);
    const queue = createQueue.queue.id;
    // Who has more room is asked first (HIGHEST_CAPACITY).
    const agents = [await createAgent('First', 10), await createAgent('Second', 5)];
    await graphql(`mutation ($q: ID!, $a: [ID!]!) { addQueueMembers(input: { queueId: $q, agentIds: $a }) { queue { id } } }`,
      { q: queue, a: agents });
    const created = await graphql(`mutation ($q: ID!) { createWorkstream(input: { name: "Of graphql-ws", channel: CHAT, queueId: $q }) {
      workstream { id } } }`, { q: queue });
    workstream = created.createWorkstream.workstream.id;
    [first, second] = agents.map((agent) => new Desktop(agent));
    await first.next('READY');
    await second.next('READY');
  });

  after(async () => {
    await first?.client.dispose();
    await second?.client.dispose();
  });

  it('is signed in by subscribing', async () => {
    assert.deepEqual(await presence(first.agent), { base: 'AVAILABLE', signedIn: true, cause: 'SIGN_IN' });
  });

  it('is offered work, accepts and completes it', async () => {
    const item = await createWorkItem(workstream, 'one');
    const offer = await first.next('CHANGED', 'OPEN');
    assert.deepEqual(offer.workItem, { id: item, reference: 'one' });
    const { acceptOffer } = await first.accept(offer);
    assert.equal(acceptOffer.assignment.agentId, first.agent);
    await first.next('CHANGED', 'ACCEPTED');
    const { completeWorkItem } = await first.complete(offer);
    assert.equal(completeWorkItem.workItem.status, 'COMPLETED');
  });

  it('rejects work, which goes to the next', async () => {
    const item = await createWorkItem(workstream, 'two');
    await first.reject(await first.next('CHANGED', 'OPEN'));
    await first.next('CHANGED', 'REJECTED');
    const offer = await second.next('CHANGED', 'OPEN');
    assert.equal(offer.workItem.id, item);
    await second.accept(offer);
    await second.next('CHANGED', 'ACCEPTED');
    await second.complete(offer);
  });

  it('comes back by itself after a restart, and finds the open offer', {
    skip: restartFile ? false : 'RAPPORT_RESTART_FILE is not set: nobody would restart the server',
  }, async () => {
    await createWorkItem(workstream, 'three');
    const offer = await first.next('CHANGED', 'OPEN');
    const before = await presence(first.agent);
    await writeFile(restartFile, 'please');
    const again = await first.next('STATE', 'OPEN');
    assert.equal(again.id, offer.id);
    await first.next('READY');
    await second.next('READY');
    assert.equal(first.closed[0], 1012);
    assert.equal(second.closed[0], 1012);
    assert.deepEqual(await presence(first.agent), before, 'no disconnection (PR-8)');
    await first.accept(again);
    await first.next('CHANGED', 'ACCEPTED');
    await first.complete(again);
  });

  it('is Offline when the desktop is closed', async () => {
    await second.client.dispose();
    await until('the session is closed', async () => !(await presence(second.agent)).signedIn);
    assert.equal((await presence(second.agent)).base, 'OFFLINE');
  });
});
