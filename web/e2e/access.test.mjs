// The console of a server that asks for tokens (RL-1, RL-2), with the example contact centre in it.
//
// RAPPORT_URL is the server's address, as for console.test.mjs, and RAPPORT_TOKENS its tokens as JSON: admin; agent, who is Łukasz
// Księżniak; observer; lead, with the role DESK_LEAD, which the server does not have yet; and office, an address that gives an observer's, good for
// `?seconds=`. Without both everything is skipped.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { ask, Console, example, patience, startBrowser, until, url } from './stage.mjs';

const tokens = JSON.parse(process.env.RAPPORT_TOKENS ?? 'null');
const skip = url && tokens ? false : 'RAPPORT_URL and RAPPORT_TOKENS are not set: no server that asks for tokens';
const { lukasz, benoit, helpChat } = example;
/** The browser's own words about the first call, which shows that a token is needed, and about sockets that are closed on it. */
const asksForToken = /status of 401/;

const asAdmin = (query, variables) => ask(query, variables, undefined, tokens?.admin);

describe('the console of a server that asks for tokens', { skip, timeout: 10 * patience }, () => {
  let browser;
  const open = [];
  const sent = { headers: [], inits: [] };

  /** The console, somebody's token given; what it sends is noted. */
  const openConsole = async (token, options = {}) => {
    const c = await Console.open(browser, options, (page) => {
      page.on('request', (r) => r.url() === `${url}/graphql` && sent.headers.push(r.headers()));
      page.on('websocket', (ws) => ws.on('framesent', ({ payload }) => {
        const { type, payload: said } = JSON.parse(payload);
        if (type === 'connection_init') sent.inits.push(said);
      }));
    }, token);
    open.push(c);
    return c;
  };
  const stored = (c) => c.page.evaluate(() => [JSON.stringify({ ...sessionStorage }), JSON.stringify({ ...localStorage })]);

  before(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const c of open.splice(0)) await c.close();
    sent.headers.length = sent.inits.length = 0;
  });
  after(() => browser?.close());

  it('keeps the token to itself, and shows whose it is', async () => {
    const c = await openConsole(tokens.agent);
    await c.page.getByText('Łukasz Księżniak').first().waitFor();
    await c.page.getByText(`(agent:${lukasz}) with AGENT`).waitFor();
    assert.equal(await c.page.getByText('Development mode').count(), 0);
    assert.equal(await c.page.getByRole('tablist').getByRole('tab').count(), 4, 'there are other tabs than the ready-made ones');
    await c.tab('Agent');
    await c.choose('AgentOffers');
    await c.brings(c.live('AgentOffers', lukasz), 'READY');
    await c.shot('access-1-agent');
    assert.deepEqual(sent.inits, [{ token: tokens.agent }]);
    assert.ok(sent.headers.slice(1).every((h) => h.authorization === `Bearer ${tokens.agent}`), 'a call without the token');
    assert.ok(sent.headers.every((h) => !('x-rapport-actor' in h)), 'an agent is named');
    const [session, local] = await stored(c);
    assert.ok(session.includes(tokens.agent) && !local.includes(tokens.agent), `sessionStorage ${session}, localStorage ${local}`);
    assert.ok(c.requests.every((u) => !u.includes(tokens.agent.slice(0, 40))), 'the token is in an address');

    await c.page.reload();
    await c.isThere();
    await c.page.getByText('with AGENT').waitFor();
    await c.page.getByRole('button', { name: 'Forget the token' }).click();
    await c.page.getByText('This server asks for a token.').waitFor();
    assert.equal(await c.editor('query').count(), 0, 'the editors are there for nobody');
    assert.deepEqual((await stored(c)).map((text) => text.includes(tokens.agent)), [false, false]);
    await c.give('no-token-at-all');
    await c.page.getByText('The server does not take this token.').waitFor();
    await c.shot('access-2-refused');
    await c.give('two words');
    await c.page.getByText('That is no token').waitFor();
    await c.give(tokens.observer);
    await c.isThere();
    await c.page.getByText('user:olga with OBSERVER').waitFor();
    assert.equal(await c.live('AgentOffers', lukasz).count(), 0, 'what somebody saw is shown to somebody else');
    c.isClean(asksForToken);
  });

  it('lets an agent work as the agent of the token, whatever the tab names', async () => {
    const c = await openConsole(tokens.agent);
    await c.tab('Agent');
    await c.write('headers', { 'X-Rapport-Actor': example.loic });
    await c.write('variables', { agentId: example.loic, offerId: '', workItemId: '', statusId: 'ps_busy' });
    await c.choose('AgentOffers');
    const offers = c.live('AgentOffers', lukasz);
    await c.brings(offers, 'READY');
    const { createWorkItem } = await asAdmin(
      'mutation ($w: ID!, $c: ID!) { createWorkItem(input: { workstreamId: $w, contactId: $c }) { workItem { id offer { id } } } }', { w: helpChat, c: benoit });
    const { id, offer } = createWorkItem.workItem;
    await c.take(await c.brings(offers, 'OPEN', offer.id), 'of');
    const { acceptOffer } = await c.run('AgentAccept');
    assert.equal(acceptOffer.assignment.workItem.id, id);
    await c.take(await c.brings(offers, 'ACCEPTED', offer.id), 'wi');
    await c.run('AgentComplete');

    // What the roles do not allow is not even sent.
    const calls = sent.headers.length;
    await c.tab('Admin');
    const note = c.page.getByRole('note').filter({ hasText: 'allowed to you (AGENT)' });
    await note.getByText('AdminSetPolicy: takes SETTINGS_WRITE').waitFor();
    await c.choose('AdminSetRow');
    await c.shows('response', 'notAllowed');
    await c.shot('access-3-not-allowed');
    assert.equal(sent.headers.length, calls, 'what is not allowed was sent');
    await c.fits();
    c.isClean(asksForToken);
  });

  it('tells an observer what is not for them, and runs the rest', async () => {
    const c = await openConsole(tokens.observer, { colorScheme: 'dark' });
    await c.choose('WatchFigures');
    await c.brings(c.live('WatchFigures', 'user:olga'), 'READY');
    await c.tab('Integrator');
    await c.page.getByText('IntegratorCreate, IntegratorCancel: takes WORK_CREATE').or(c.page.getByText('IntegratorCreate: takes WORK_CREATE')).waitFor();
    const { previewRouting } = await c.run('IntegratorPreview');
    assert.ok(previewRouting.outcome);
    await c.shot('access-4-observer');
    c.isClean(asksForToken);
  });

  it('asks for another token when one has ended, and does not connect again with it', async () => {
    const { createApiKey } = await asAdmin(
      'mutation ($e: DateTime!) { createApiKey(input: { name: "console", roles: ["OBSERVER"], expiresAt: $e }) { apiKey { id } secret } }',
      { e: new Date(Date.now() + 3_600_000).toISOString() });
    const { apiKey, secret } = createApiKey;
    const c = await openConsole(secret);
    await c.choose('WatchWork');
    const work = c.live('WatchWork', `key:${apiKey.id}`);
    await c.brings(work, 'READY');
    await asAdmin('mutation ($k: ID!) { revokeApiKey(input: { apiKeyId: $k }) { apiKeyId } }', { k: apiKey.id });
    await c.brings(work, 'Ended: closed with 4403 Forbidden: the token has ended, or what it allows has changed.');
    assert.equal(await work.getByText('Trying again').count(), 0, 'it says that it tries again');
    await c.page.getByText('The token has ended: give a new one.').waitFor();
    await c.shot('access-5-ended');
    assert.equal((await stored(c))[0].includes(secret), false, 'a token that has ended is kept');
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a new attempt would come within half a second
    assert.equal(sent.inits.length, 1, 'it has connected again');
    await c.give(tokens.observer);
    await c.page.getByText('user:olga with OBSERVER').waitFor();
    await c.isThere();
    c.isClean(asksForToken);
  });

  it('asks for another token when one has run out, and says so', async () => {
    const short = await (await fetch(`${tokens.office}?seconds=12`)).text();
    const c = await openConsole(short);
    await c.choose('WatchFigures');
    await c.brings(c.live('WatchFigures', 'user:somebody'), 'Ended: closed with 4403 Forbidden');
    await c.page.getByText('The token has ended: give a new one.').waitFor();
    await c.give('no-token-at-all');
    await c.page.getByText('The server does not take this token.').waitFor();
    await c.give(short);
    await c.page.getByText('The token has ended: give a new one.').waitFor();
    await c.page.setViewportSize({ width: 375, height: 667 });
    const { x, width } = await c.page.getByLabel('Token').boundingBox();
    assert.ok(x + width < 375 - 10, `the field ends at ${x + width}, the window at 375`);
    await c.shot('access-6-small');
    c.isClean(asksForToken);
  });

  it('takes a token as it stands in a header, and none from the headers of a tab', async () => {
    const c = await openConsole(`Bearer ${tokens.observer}`);
    await c.page.getByText('user:olga with OBSERVER').waitFor();
    await c.tab('Integrator');
    await c.write('headers', { authorization: `Bearer ${tokens.admin}` });
    const calls = sent.headers.length;
    await c.choose('IntegratorPreview');
    await c.shows('response', 'notSent');
    await c.shot('access-7-headers');
    assert.equal(sent.headers.length, calls, 'it was sent');
    await c.replace('tool', '{}');
    await c.run('IntegratorPreview');
    await c.page.getByText('user:olga with OBSERVER').waitFor();
    c.isClean(asksForToken);
  });

  it('goes on with the same token when only what it allows has changed', async () => {
    const role = (permissions) => ({ p: permissions });
    await asAdmin('mutation ($p: [Permission!]!) { createRole(input: { name: "DESK_LEAD", permissions: $p }) { role { name } } }', role(['SETTINGS_READ', 'WORK_READ']));
    const c = await openConsole(tokens.lead);
    await c.choose('WatchWork');
    const work = c.live('WatchWork', 'user:lena');
    await c.brings(work, 'READY');
    await c.tab('Integrator');
    const note = c.page.getByText(/IntegratorCreate.*: takes WORK_CREATE/);
    await note.waitFor();
    await asAdmin('mutation ($p: [Permission!]!) { updateRole(input: { name: "DESK_LEAD", permissions: $p }) { role { name } } }',
      role(['SETTINGS_READ', 'AGENTS_READ', 'CONTACTS_READ', 'WORK_READ', 'WORK_CREATE']));
    await c.brings(work, 'Ended: closed with 4403 Forbidden');
    await note.waitFor({ state: 'detached' });
    await work.getByRole('button', { name: 'Start again' }).click();
    await c.isLive('WatchWork', 'user:lena');
    await c.run('IntegratorCreate');
    await until('the new work is seen', async () => (await work.getByRole('listitem').filter({ hasText: 'CREATED' }).count()) > 0);
    await c.page.getByRole('button', { name: /^workItemId = wi_/ }).click();
    await c.run('IntegratorCancel');
    c.isClean(asksForToken);
  });
});
