// The console in a real browser, on a real server with the example contact centre in it.
//
// RAPPORT_URL is the server's address, for example http://127.0.0.1:8080; without it everything is skipped. RAPPORT_SCREENSHOTS is where
// the screenshots go, a new temporary folder otherwise. The restart is somebody else's to make (internal/e2e/browser_test.go): when
// the file RAPPORT_RESTART_FILE appears, the server is to be restarted.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { after, afterEach, before, describe, it } from 'node:test';
import { ask, Console, example, patience, startBrowser, until, url } from './stage.mjs';

const skip = url ? false : 'RAPPORT_URL is not set: no server to talk to';
const restartFile = process.env.RAPPORT_RESTART_FILE;
const { lukasz, loic, benoit, helpChat } = example;

describe('the console', { skip, timeout: 10 * patience }, () => {
  let browser;
  const open = []; // closed after each test, also after one that failed

  const openConsole = async (...how) => {
    const c = await Console.open(browser, ...how);
    open.push(c);
    return c;
  };

  before(async () => {
    browser = await startBrowser();
  });
  afterEach(async () => {
    for (const c of open.splice(0)) await c.close();
  });
  after(() => browser?.close());

  it('loads from its server alone, and shows the schema', async () => {
    const c = await openConsole();
    assert.equal(await c.page.title(), 'Rapport – GraphQL console');
    await c.page.getByText('Development mode: everybody who reaches this address may do everything.').waitFor();
    for (const title of ['Watch', 'Agent', 'Integrator', 'Admin']) await c.tabs(title).waitFor();
    await c.shows('query', '# WATCH:');
    await c.shows('tool', 'workItemId');
    await c.tab('Agent');
    await c.shows('query', '# AGENT:');
    await c.shows('tool', lukasz);
    await c.shot('1-first-sight');
    await c.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await c.page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'Mutation', exact: true }).click();
    await c.page.locator('.graphiql-doc-explorer').getByRole('link', { name: 'acceptOffer', exact: true }).click();
    await c.page.getByText('Too late is CONFLICT').waitFor();
    await c.shot('2-schema');
    c.isClean();
  });

  it('pushes an offer into sight while the integrator creates the work; the agent takes and completes it', async () => {
    const c = await openConsole();
    await c.tab('Agent');
    await c.choose('AgentOffers');
    await c.isLive('AgentOffers', lukasz);
    const offers = c.live('AgentOffers', lukasz);
    await c.brings(offers, 'READY');

    await c.tab('Integrator');
    const { previewRouting } = await c.run('IntegratorPreview', async () => {
      await c.editor('query').locator('.view-line').filter({ hasText: 'IntegratorPreview(' }).click();
      await c.page.keyboard.press('ControlOrMeta+Enter');
    });
    assert.equal(previewRouting.outcome, 'OFFERED');
    assert.deepEqual(previewRouting.preferred[0], { position: 1, agent: { name: 'Łukasz Księżniak' }, code: 'OFFERED' });
    const { createWorkItem } = await c.run('IntegratorCreate');
    const item = createWorkItem.workItem;
    assert.equal(item.status, 'OFFERED');
    assert.equal(item.offer.agent.name, 'Łukasz Księżniak');
    assert.equal(item.decisions.nodes[0].preferred[0].code, 'OFFERED');
    await c.brings(offers, 'OPEN', item.id);
    await c.shot('3-integrator-creates');
    await c.page.getByRole('button', { name: /^workItemId = wi_/ }).click();
    const look = await c.run('IntegratorLook');
    assert.equal(look.workItem.id, item.id);

    await c.tab('Agent');
    await c.take(await c.brings(offers, 'OPEN', item.offer.id), 'of');
    const { acceptOffer } = await c.run('AgentAccept');
    assert.equal(acceptOffer.assignment.workItem.id, item.id);
    const accepted = await c.brings(offers, 'ACCEPTED', item.offer.id);
    await c.shot('4-agent-accepts');
    await c.take(accepted, 'wi');
    const { completeWorkItem } = await c.run('AgentComplete');
    assert.equal(completeWorkItem.workItem.status, 'COMPLETED');
    c.isClean();
  });

  it('has two agents live at once, in tabs of their own', async () => {
    const c = await openConsole();
    await c.tab('Agent');
    await c.choose('AgentOffers');
    await c.isLive('AgentOffers', lukasz);
    await c.example('Agent');
    await c.write('headers', { 'x-rapport-actor': loic });
    await c.write('variables', { agentId: loic, offerId: '' });
    await c.choose('AgentOffers');
    await c.isLive('AgentOffers', loic);
    await c.isLive('AgentOffers', lukasz);
    for (const id of [lukasz, loic]) {
      const { agent } = await ask('query ($id: ID!) { agent(id: $id) { presence { signedIn } } }', { id });
      assert.equal(agent.presence.signedIn, true, id);
    }

    await c.tab('Integrator');
    const { createWorkItem } = await c.run('IntegratorCreate');
    const { id, offer } = createWorkItem.workItem;
    await ask('mutation ($o: ID!) { rejectOffer(input: { offerId: $o }) { offer { state } } }', { o: offer.id }, lukasz);
    await c.brings(c.live('AgentOffers', lukasz), 'REJECTED', id);
    await c.brings(c.live('AgentOffers', loic), 'OPEN', id);
    await c.page.getByRole('button', { name: /^workItemId = wi_/ }).click();
    await c.run('IntegratorCancel');
    await c.brings(c.live('AgentOffers', loic), 'REVOKED', id);
    await c.fits();
    await c.shot('5-two-agents');

    await c.live('AgentOffers', loic).getByRole('button', { name: 'Stop' }).click();
    await c.brings(c.live('AgentOffers', loic), 'Stopped.');
    await until('Loïc has no session', async () => {
      const { agent } = await ask('query ($id: ID!) { agent(id: $id) { presence { signedIn } } }', { id: loic });
      return !agent.presence.signedIn;
    });
    await c.isLive('AgentOffers', lukasz);
    c.isClean();
  });

  it('shows the administrator the centre, and changes it', async () => {
    const c = await openConsole();
    await c.tab('Admin');
    const { queues } = await c.run('AdminQueues');
    assert.ok(queues.nodes.some(({ name, members }) => name === 'Technical support' && members.nodes.length === 16));
    await c.shot('6-admin');

    await c.choose('AdminFigures');
    const figures = c.live('AdminFigures', 'developer');
    await c.brings(figures, 'STATE', 'Technical support', '"waiting": 0');
    await c.choose('AdminWork');
    const work = c.live('AdminWork', 'developer');
    await c.brings(work, 'READY');
    const { createWorkItem } = await ask('mutation ($w: ID!) { createWorkItem(input: { workstreamId: $w }) { workItem { id } } }', { w: helpChat });
    await c.brings(work, 'CREATED', createWorkItem.workItem.id);
    await c.brings(figures, 'CHANGED', 'Technical support', '"waiting": 1');
    await ask('mutation ($w: ID!) { cancelWorkItem(input: { workItemId: $w }) { workItem { id } } }', { w: createWorkItem.workItem.id });
    await c.brings(work, 'CANCELLED', createWorkItem.workItem.id);
    await c.fits();
    await c.shot('7-admin-watches');
    for (const panel of [figures, work]) await panel.getByRole('button', { name: 'Stop' }).click();

    const before = await c.run('AdminPolicy');
    assert.equal(before.organization.routingPolicy.enabled, true);
    const policyOf = ({ workstreams }) => workstreams.nodes.find(({ name }) => name === 'Help chat').effectiveRoutingPolicy.whenUnavailable;
    assert.equal(policyOf(before), 'NEXT_BEST_AGENT');
    const set = await c.run('AdminSetPolicy');
    assert.equal(set.updateRoutingPolicy.workstream.routingPolicy.whenUnavailable, 'LEAVE_UNASSIGNED');
    assert.equal(policyOf(await c.run('AdminPolicy')), 'LEAVE_UNASSIGNED');

    const { contacts } = await c.run('AdminMatrix');
    const ids = (row) => row.entries.map(({ agent }) => agent.id);
    const row = ids(contacts.nodes.find(({ id }) => id === benoit).preferredAgents);
    assert.equal(row[0], lukasz);
    const { setPreferredAgents } = await c.run('AdminSetRow');
    assert.deepEqual(ids(setPreferredAgents.preferredAgents), [loic, lukasz]);
    await c.run('AdminMoveUp');
    const { contact } = await c.run('AdminRow');
    assert.deepEqual(ids(contact.preferredAgents), [lukasz, loic]);
    c.isClean();
    await ask('mutation ($c: ID!, $a: [ID!]!) { setPreferredAgents(input: { contactId: $c, agentIds: $a }) { warnings { code } } }', { c: benoit, a: row });
    await ask('mutation ($w: ID!) { updateRoutingPolicy(input: { scopeId: $w, whenUnavailable: null }) { workstream { version } } }', {
      w: helpChat,
    });
  });

  it('keeps edits over a reload, and gives the ready-made tabs back', async () => {
    const c = await openConsole();
    await c.tab('Integrator');
    await c.shows('query', '# INTEGRATOR:');
    await c.editor('query').locator('.view-line').first().click();
    await c.page.keyboard.press('ControlOrMeta+Home');
    await c.page.keyboard.insertText('# mine\n');
    await c.write('headers', { 'X-Rapport-Actor': loic });
    await until('the edits are stored', () =>
      c.page.evaluate((actor) => {
        const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem('graphiql:tabState'));
        return tabs[activeTabIndex].query.startsWith('# mine') && tabs[activeTabIndex].headers.includes(actor);
      }, loic),
    );
    await c.page.reload();
    await c.isThere();
    await c.shows('query', '# mine');
    await c.page.locator('.graphiql-editor-tools button[data-name=headers]').click();
    await c.shows('tool', loic);

    await c.tab('Admin');
    await c.page.getByRole('button', { name: 'Close Tab' }).last().click();
    await c.tabs('Admin').waitFor({ state: 'detached' });
    // GraphiQL stores that a little later, and until then may call a tab like the one before.
    await until('the closing is stored', () =>
      c.page.evaluate(() => JSON.parse(localStorage.getItem('graphiql:tabState')).tabs.length === 3),
    );
    await c.example('Integrator');
    await c.shows('query', '# INTEGRATOR:');
    assert.ok(!(await c.shown('query')).includes('# mine'));
    await c.example('Admin');
    await c.shows('query', '# ADMIN:');
    await until('there are two of the integrator', async () => (await c.tabs('Integrator').count()) === 2);
    const { queues } = await c.run('AdminQueues');
    assert.equal(queues.nodes.length, 6);
    await c.tab('AdminQueues');
    await c.page.reload();
    await c.isThere();
    await c.shows('query', '# ADMIN:');
    c.isClean();
  });

  it('says why a connection was cut, and comes back unless the server refuses the actor', async () => {
    const inits = [];
    const sockets = [];
    const c = await openConsole({}, (page) =>
      page.routeWebSocket('**/graphql', (ws) => {
        const server = ws.connectToServer();
        sockets.push(ws);
        ws.onMessage((message) => {
          const { type, payload } = JSON.parse(message);
          if (type === 'connection_init') inits.push(payload);
          server.send(message);
        });
      }),
    );
    await c.tab('Agent');
    await c.choose('AgentOffers');
    const offers = c.live('AgentOffers', lukasz);
    await c.brings(offers, 'READY');
    await sockets[0].close({ code: 4290, reason: 'Too slow' });
    await c.brings(offers, 'closed with 4290 Too slow');
    await c.brings(offers, 'Connected again.');
    await c.isLive('AgentOffers', lukasz);
    await until('it has begun anew', async () => (await offers.getByRole('listitem').filter({ hasText: 'READY' }).count()) === 2);
    await sockets.at(-1).close({ code: 4403, reason: 'Forbidden' });
    await c.brings(offers, 'Ended: closed with 4403 Forbidden.');
    const soFar = sockets.length;
    await offers.getByRole('button', { name: 'Start again' }).click();
    await until('there is a new socket', () => inits.length === soFar + 1);
    assert.deepEqual(inits, Array(soFar + 1).fill({ actor: lukasz }));
    await c.isLive('AgentOffers', lukasz);

    // Another actor has a socket of their own, and nobody is nobody.
    await c.write('headers', {});
    await c.choose('AgentOffers');
    await c.brings(c.live('AgentOffers', 'developer'), 'READY');
    assert.equal(inits.length, soFar + 2);
    assert.equal(inits.at(-1)?.actor, undefined);
    await c.isLive('AgentOffers', lukasz);
    c.isClean();
  });

  it('keeps up with a flood, and goes on behind the last cursor', async () => {
    const subscribed = [];
    const c = await openConsole({}, (page) =>
      page.routeWebSocket('**/graphql', (ws) => {
        ws.onMessage((text) => {
          const message = JSON.parse(text);
          if (message.type === 'connection_init') ws.send('{"type":"connection_ack"}');
          if (message.type !== 'subscribe') return;
          subscribed.push(message.payload.variables);
          const next = (fields) => ws.send(JSON.stringify({ id: message.id, type: 'next', payload: { data: { agentOffers: fields } } }));
          if (subscribed.length === 1) {
            for (let i = 0; i < 1000; i++) next({ type: 'STATE', cursor: null, i });
            next({ type: 'CHANGED', cursor: 'here' });
            next({ type: 'CHANGED', cursor: null });
            ws.close({ code: 1012, reason: 'Service restart' });
          } else {
            next({ type: 'READY', cursor: 'there' });
          }
        });
      }),
    );
    await c.tab('Agent');
    await c.write('variables', { agentId: lukasz });
    await c.replace('query', 'subscription Flood($agentId: ID!, $after: String) { agentOffers(agentId: $agentId, after: $after) { type } }');
    await c.page.keyboard.press('ControlOrMeta+Enter');
    const flood = c.live('Flood', lukasz);
    await c.brings(flood, 'READY');
    await c.brings(flood, 'closed with 1012');
    assert.deepEqual(subscribed, [{ agentId: lukasz }, { agentId: lukasz, after: 'here' }]);
    assert.equal(await flood.getByRole('listitem').count(), 100, 'the oldest messages go first');
    await c.fits();
    c.isClean();
  });

  it('lets somebody read while messages run by', async () => {
    let next;
    const c = await openConsole({}, (page) =>
      page.routeWebSocket('**/graphql', (ws) =>
        ws.onMessage((text) => {
          const { id, type } = JSON.parse(text);
          if (type === 'connection_init') ws.send('{"type":"connection_ack"}');
          if (type === 'subscribe') next = (fields) => ws.send(JSON.stringify({ id, type: 'next', payload: { data: { workItems: fields } } }));
        }),
      ),
    );
    await c.choose('WatchWork');
    const work = c.live('WatchWork', 'developer');
    await c.isLive('WatchWork', 'developer');
    let sent = 0;
    const send = (count) => {
      for (const end = sent + count; sent < end; ) next({ type: 'CHANGED', change: `number ${++sent}.` });
    };
    const first = work.getByRole('listitem').first();
    const hold = work.getByRole('button', { name: 'Hold' });
    send(50);
    await c.brings(work, 'number 50.');
    await hold.click();
    send(30);
    await work.getByRole('button', { name: 'Go on (30 new)' }).waitFor();
    assert.match(await first.innerText(), /number 50\./);
    send(80);
    await work.getByRole('button', { name: 'Go on (many new)' }).click();
    assert.match(await first.innerText(), /number 160\./);

    // Without Hold, whoever has scrolled down keeps what they read before their eyes, and the buttons at hand.
    const read = await c.brings(work, 'number 120.');
    await read.scrollIntoViewIfNeeded();
    const before = await read.boundingBox();
    send(20);
    await c.brings(work, 'number 180.');
    const moved = (await read.boundingBox()).y - before.y;
    assert.ok(Math.abs(moved) < 2, `what is read has moved by ${moved}`);
    const { y } = await hold.boundingBox();
    assert.ok(y > 0 && y < before.y, `Hold is at ${y}, what is read at ${before.y}`);
    assert.equal(await work.getByRole('listitem').count(), 100);
    c.isClean();
  });

  it('comes back by itself after a restart', {
    skip: restartFile ? false : 'RAPPORT_RESTART_FILE is not set: nobody would restart the server',
  }, async () => {
    const c = await openConsole();
    await c.tab('Agent');
    await c.choose('AgentOffers');
    const offers = c.live('AgentOffers', lukasz);
    await c.brings(offers, 'READY');
    await c.hasWorkers(); // which the browser loads when it first needs them
    await writeFile(restartFile, 'please');
    await c.brings(offers, 'The connection was lost: closed with 1012 Service restart. Trying again.');
    await c.shot('8-restart');
    await c.brings(offers, 'Connected again.');
    await c.isLive('AgentOffers', lukasz);
    await c.tab('Integrator');
    const { createWorkItem } = await c.run('IntegratorCreate');
    await c.brings(offers, 'OPEN', createWorkItem.workItem.id);
    await c.shot('9-back');
    await c.page.getByRole('button', { name: /^workItemId = wi_/ }).click();
    await c.run('IntegratorCancel');
    c.isClean(/WebSocket connection to .* failed/); // the browser's own words while the server is down
  });

  it('can be read in the dark, and in a small window', async () => {
    const c = await openConsole({ colorScheme: 'dark', viewport: { width: 1000, height: 700 } });
    await c.tab('Agent');
    await c.choose('AgentOffers');
    await c.brings(c.live('AgentOffers', lukasz), 'READY');
    const dark = await c.page.evaluate(() =>
      ['.rapport-bar', '.graphiql-container'].map((place) => {
        const [r, g, b] = getComputedStyle(document.querySelector(place)).backgroundColor.match(/\d+/g).map(Number);
        return r + g + b < 300;
      }),
    );
    assert.deepEqual(dark, [true, true]);
    await c.shot('10-dark');
    c.isClean();
  });
});
