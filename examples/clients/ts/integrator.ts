// A customer's system in one page: it knows a customer, brings their work, and follows it until an agent has it (or it is closed). It can be
// repeated at any point: with the same reference it brings the same work, not more (for 24 hours). Where the server asks for one, its
// token or API key is in RAPPORT_TOKEN; the role SERVICE is enough for customers whom the server knows.
//
//   npm run integrator -- [--contact ct_…] [--name "…"] [--workstream ws_…] [--reference …] [--url http://127.0.0.1:8080/graphql]
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { ask, Refusal } from './connection.ts';
import { follow, type Message } from './follow.ts';

type Agent = { name: string } | null; // null: nobody, or somebody who was deleted
type WorkItem = { status: 'QUEUED' | 'OFFERED' | 'ASSIGNED' | 'COMPLETED' | 'CANCELLED'; agent: Agent };

const know = `mutation ($id: ID, $name: String!) { createContact(input: {id: $id, fullName: $name}) { contact { id } } }`;
const preview = `query ($workstream: ID!, $contact: ID) {
  previewRouting(input: {workstreamId: $workstream, contactId: $contact}) { outcome agent { name } preferred { agent { name } code } }
}`;
const bring = `mutation ($workstream: ID!, $contact: ID, $reference: String!) {
  createWorkItem(input: {workstreamId: $workstream, contactId: $contact, reference: $reference, idempotencyKey: $reference}) { workItem { id status } }
}`;
const changes = `subscription ($id: ID!, $after: String) {
  workItems(filter: {workItemId: $id}, after: $after) { type cursor change workItem { status agent { name } } }
}`;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080/graphql' },
    // The customer's id may be made of your own key for them; the name is for when the server does not know them yet.
    contact: { type: 'string', default: 'ct_01900000-0000-7000-8000-000000000001' },
    name: { type: 'string', default: 'Benoît Traoré' },
    workstream: { type: 'string', default: 'ws_01900000-0000-7000-8000-000000000001' },
    reference: { type: 'string', default: `order ${randomUUID()}` },
  },
});
const { contact, name, workstream, reference } = values;
const server = { url: values.url, token: process.env.RAPPORT_TOKEN };

const nameOf = (agent: Agent): string => agent?.name ?? 'nobody';
const isWaiting = ({ status }: WorkItem): boolean => status === 'QUEUED' || status === 'OFFERED';

/** Makes the customer known, unless they are. */
async function introduce(): Promise<void> {
  try {
    await ask(server, know, { id: contact, name });
    console.log(`new customer ${name}`);
  } catch (error) {
    // Else the customer is known, or somebody else makes customers known.
    if (!(error instanceof Refusal && (error.reason === 'ALREADY_EXISTS' || error.code === 'FORBIDDEN'))) throw error;
  }
}

/** Tells who would get the work, and brings it. */
async function begin(): Promise<string> {
  const { previewRouting: would } = await ask<{
    previewRouting: { outcome: string; agent: Agent; preferred: { agent: Agent; code: string }[] };
  }>(server, preview, { workstream, contact });
  console.log(`preview: ${would.outcome} to ${nameOf(would.agent)}`);
  for (const { agent, code } of would.preferred) console.log(`  ${nameOf(agent)}: ${code}`);
  const { createWorkItem } = await ask<{ createWorkItem: { workItem: { id: string; status: string } } }>(
    server, bring, { workstream, contact, reference });
  const { id, status } = createWorkItem.workItem;
  console.log(`brought ${id}: ${status}`);
  return id;
}

/** Tells how the work stands, and what happens to it until an agent has it or it is closed. */
async function wait(id: string): Promise<void> {
  type WorkMessage = Message & { change: string | null; workItem: WorkItem | null };
  for await (const { type, change, workItem } of follow<WorkMessage>(server, changes, { id })) {
    // READY: that was the start. RESET: forget everything, another start follows.
    console.log(workItem ? `${change ?? type}: ${workItem.status}, ${nameOf(workItem.agent)}` : type);
    if (workItem && !isWaiting(workItem)) break;
  }
}

try {
  await introduce();
  await wait(await begin());
} catch (error) {
  console.error(`integrator: ${error}`);
  process.exitCode = 1;
}
