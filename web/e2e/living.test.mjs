// What a newcomer does in the console of a server with --demo: watch the contact centre live, and be one of its agents.
//
// RAPPORT_URL is the server's address, as for console.test.mjs, and RAPPORT_LIVING says that it was started with --demo; without both
// everything is skipped.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, Console, example, patience, startBrowser, url } from './stage.mjs';

const skip = url && process.env.RAPPORT_LIVING ? false : 'RAPPORT_URL and RAPPORT_LIVING are not set: no living centre to watch';
const { lukasz } = example;

/** The first id of a kind that a message has. */
const idIn = async (entry, prefix) => (await entry.innerText()).match(new RegExp(`${prefix}_[0-9a-f-]{36}`))[0];

describe('the console of a living centre', { skip, timeout: 10 * patience }, () => {
  let browser;
  let c;

  before(async () => {
    browser = await startBrowser();
    c = await Console.open(browser);
  });
  after(() => browser?.close());

  it('shows a newcomer what happens, to whom work is given, who is there and what waits', async () => {
    await c.shows('query', '# WATCH:');
    await c.shot('living-1-first-sight');
    await c.choose('WatchWork');
    const work = c.live('WatchWork', 'developer');
    await c.brings(work, 'READY');
    for (const change of ['CREATED', 'OFFERED', 'ACCEPTED']) await c.brings(work, 'CHANGED', `"${change}"`, '"fullName"');
    await c.shot('living-2-work');

    await c.choose('WatchDecisions');
    await c.brings(c.live('WatchDecisions', 'developer'), 'CHANGED', '"OFFERED"', 'wi_');
    await c.choose('WatchPresence');
    await c.brings(c.live('WatchPresence', 'developer'), 'STATE', 'Łukasz Księżniak', 'OFFLINE');
    await c.choose('WatchFigures');
    await c.brings(c.live('WatchFigures', 'developer'), 'CHANGED', '"waiting"');
    await c.fits();
    await c.shot('living-3-everything');
  });

  it('explains a piece of work that runs by', async () => {
    const work = c.live('WatchWork', 'developer');
    await work.getByRole('button', { name: 'Hold' }).click();
    const item = await c.brings(work, 'CHANGED', '"OFFERED"');
    const id = await idIn(item, 'wi');
    await c.take(item, 'wi');
    const { workItem } = await c.run('WatchWhy');
    assert.ok(workItem.decisions.nodes.some(({ outcome, agent }) => outcome === 'OFFERED' && agent), JSON.stringify(workItem));
    await work.getByRole('button', { name: /^Go on \((\d+|many) new\)$/ }).waitFor();
    assert.equal(await idIn(item, 'wi'), id, 'what is held moves');
    await c.shot('living-4-why');
    await work.getByRole('button', { name: 'Go on' }).click();
  });

  it('lets a newcomer be an agent, to whom offers come by themselves', async () => {
    await c.tab('Agent');
    await c.choose('AgentOffers');
    await c.isLive('AgentOffers', lukasz);
    const offers = c.live('AgentOffers', lukasz);
    await c.inSight(offers); // though the mouse was further down just now
    // A customer who knows Łukasz comes every 10 s on average.
    const newest = offers.getByRole('listitem').filter({ hasText: 'OPEN' }).first();
    await newest.waitFor({ timeout: 6 * patience });
    const id = await idIn(newest, 'of');
    const open = await c.brings(offers, 'OPEN', id);
    const item = await idIn(open, 'wi');
    await c.shot('living-5-offer');
    await c.take(open, 'of');
    const { acceptOffer } = await c.run('AgentAccept');
    assert.equal(acceptOffer.assignment.workItem.id, item);
    await c.brings(offers, 'ACCEPTED', id);
    await c.shot('living-6-accepted');

    // The others see it.
    await c.brings(c.live('WatchPresence', 'developer'), 'CHANGED', 'Łukasz Księżniak', 'AVAILABLE', 'SIGN_IN');
    await c.brings(c.live('WatchWork', 'developer'), '"ACCEPTED"', 'Łukasz Księżniak', item);
    await c.brings(c.live('WatchDecisions', 'developer'), '"OFFERED"', 'Łukasz Księżniak', item);
    await c.take(await c.brings(offers, 'ACCEPTED', id), 'wi');
    await c.run('AgentComplete');
    const { workItem } = await ask('query ($id: ID!) { workItem(id: $id) { status agent { id } } }', { id: item });
    assert.deepEqual(workItem, { status: 'COMPLETED', agent: { id: lukasz } });
    await c.fits();
    c.isClean();
  });
});
