// An agent's desk in one page. Subscribing to their own offers signs an agent in; each message is printed, and offers are answered as told.
// It survives restarts of the server, and ends when the agent is signed out or refused. Where the server asks for one, its token is in
// RAPPORT_TOKEN, and says which agent it is.
//
//   npm run desk -- --agent ag_… [--answer accept|reject|ignore] [--complete] [--presence ps_busy] [--url http://127.0.0.1:8080/graphql]
import { parseArgs } from 'node:util';
import { ask } from './connection.ts';
import { follow, type Message } from './follow.ts';

type Offer = {
  id: string;
  state: 'OPEN' | 'ACCEPTED' | 'REJECTED' | 'MISSED' | 'REVOKED';
  path: string;
  workItemId: string;
  contact: { fullName: string } | null;
  workItem: { workstream: { name: string } | null };
};

// It may be resumed by its argument `after`. What an agent has to see before they answer is in it.
const offers = `subscription ($agent: ID!, $after: String) {
  agentOffers(agentId: $agent, after: $after) {
    type
    cursor
    offer { id state path workItemId contact { fullName } workItem { workstream { name } } }
  }
}`;

// The keys make it safe to repeat these.
const answers = {
  accept: `mutation ($id: ID!, $key: String!) { acceptOffer(input: {offerId: $id, idempotencyKey: $key}) { offer { state } } }`,
  reject: `mutation ($id: ID!, $key: String!) { rejectOffer(input: {offerId: $id, idempotencyKey: $key}) { offer { state } } }`,
  complete: `mutation ($id: ID!, $key: String!) { completeWorkItem(input: {workItemId: $id, idempotencyKey: $key}) { workItem { id } } }`,
};

const choose = `mutation ($status: ID!) { setPresence(input: {statusId: $status}) { agent { presence { base status { text } } } } }`;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080/graphql' },
    agent: { type: 'string', default: '' },
    answer: { type: 'string', default: 'ignore' },
    complete: { type: 'boolean', default: false },
    presence: { type: 'string' },
  },
});
const { answer, complete } = values;
const server = { url: values.url, token: process.env.RAPPORT_TOKEN, actor: values.agent };

/** Says what it can't do, such as accept an offer whose time is over. */
async function act(what: keyof typeof answers, id: string): Promise<boolean> {
  try {
    await ask(server, answers[what], { id, key: `${what} ${id}` });
    return true;
  } catch (error) {
    console.error(`desk: ${what} ${id}: ${error}`);
    return false;
  }
}

/** Answers an offer, and completes the work if that is wanted. */
async function work(offer: Offer): Promise<void> {
  if (answer === 'reject') {
    await act('reject', offer.id);
  } else if ((await act('accept', offer.id)) && complete && (await act('complete', offer.workItemId))) {
    console.log(`completed ${offer.workItemId}`);
  }
}

/** Chooses a presence by hand. It stays, over restarts too; without this it is the one of before. */
async function present(status: string): Promise<void> {
  const { setPresence } = await ask<{ setPresence: { agent: { presence: { base: string; status: { text: string } } } } }>(
    server, choose, { status });
  const { base, status: { text } } = setPresence.agent.presence;
  console.log(`presence: ${text} (${base})`);
}

/** The agent who is named, or who is in the token. */
async function me(): Promise<string | null> {
  if (!server.token) return server.actor;
  return (await ask<{ viewer: { agentId: string | null } }>(server, '{ viewer { agentId } }')).viewer.agentId;
}

async function desk(): Promise<void> {
  const answered = new Set<string>(); // open offers, which a resumed stream may show once more
  let presence = values.presence;
  for await (const { type, offer } of follow<Message & { offer: Offer | null }>(server, offers, { agent: await me() })) {
    if (!offer) {
      console.log(type);
      if (type === 'RESET') answered.clear(); // forget everything: another start follows
      if (type === 'READY' && presence) {
        await present(presence);
        presence = undefined;
      }
      continue;
    }
    const customer = offer.contact?.fullName ?? 'somebody unknown';
    const stream = offer.workItem.workstream?.name ?? 'something';
    console.log(`${type}: offer ${offer.id} of ${customer} on ${stream} is ${offer.state} (${offer.path})`);
    if (offer.state !== 'OPEN') {
      answered.delete(offer.id);
    } else if (answer !== 'ignore' && !answered.has(offer.id)) {
      answered.add(offer.id);
      void work(offer); // which does not hold up the next message
    }
  }
  console.log('signed out');
}

if (!['accept', 'reject', 'ignore'].includes(answer)) {
  console.error('desk: --answer must be accept, reject or ignore');
  process.exit(2);
}
try {
  await desk();
} catch (error) {
  console.error(`desk: ${error}`);
  process.exitCode = 1;
}
