// What the browser tests stand on: a browser of the system, pages that note what they must not do, and the hands of a user.
import assert from 'node:assert/strict';
import { accessSync, constants, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

export const url = process.env.RAPPORT_URL;
/** How long a test waits for what must come. Nothing waits that long unless it fails. */
export const patience = 20_000;

/** Some of the example contact centre. */
export const example = {
  lukasz: 'ag_01900000-0000-7000-8000-000000000027',
  loic: 'ag_01900000-0000-7000-8000-000000000029',
  benoit: 'ct_01900000-0000-7000-8000-000000000001',
  helpChat: 'ws_01900000-0000-7000-8000-000000000001',
};

const programs = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Finds the system's browser: $CHROME, or one of the usual programs on the PATH. */
export function findBrowser() {
  if (process.env.CHROME) return process.env.CHROME;
  for (const program of programs) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, program);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // not here
      }
    }
  }
  throw new Error(`no browser: set CHROME, or install one of ${programs.join(', ')}`);
}

/** Starts the browser so that no name resolves: what it finds, it finds on this machine. */
export function startBrowser() {
  return chromium.launch({
    executablePath: findBrowser(),
    chromiumSandbox: process.getuid?.() !== 0, // Chromium refuses to run as root with its sandbox
    args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    timeout: patience,
  });
}

const shots = process.env.RAPPORT_SCREENSHOTS || (url ? mkdtempSync(join(tmpdir(), 'rapport-screenshots-')) : '');
if (url) {
  mkdirSync(shots, { recursive: true });
  console.log(`screenshots are in ${shots}`);
}

/** Asks the API itself, as an agent (in development mode) or with a token. */
export async function ask(query, variables = {}, actor = undefined, token = undefined) {
  const headers = { 'Content-Type': 'application/json' };
  if (actor) headers['X-Rapport-Actor'] = actor;
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

/** Waits until something becomes true of which no event tells. */
export async function until(what, holds) {
  for (const end = Date.now() + patience; !(await holds()); ) {
    assert.ok(Date.now() < end, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The console in a browser window of its own, with a storage of its own. */
export class Console {
  static async open(browser, options = {}, prepare = async () => {}, token = undefined) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    context.setDefaultTimeout(patience);
    const c = new Console(context, await context.newPage());
    await c.#watch();
    await prepare(c.page);
    await c.page.goto(url);
    if (token !== undefined) await c.give(token);
    await c.isThere();
    return c;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.requests = [];
    this.complaints = []; // what a console should never have to say
  }

  async #watch() {
    this.context.on('request', (r) => this.requests.push(r.url()));
    this.page.on('pageerror', (e) => this.complaints.push(`error: ${e.message}`));
    this.page.on('console', (m) => {
      if (['error', 'warning'].includes(m.type())) this.complaints.push(`${m.type()}: ${m.text()}`);
    });
    // The browser writes violations into its log, of workers too; of the page they are noted here as well.
    await this.page.exposeFunction('noteViolation', (text) => this.complaints.push(`policy: ${text}`));
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => window.noteViolation(`${e.violatedDirective} ${e.blockedURI}`));
    });
  }

  /** Waits until the editor shows a document and the schema has come. */
  async isThere() {
    await this.editor('query').locator('.view-line').first().waitFor();
    await this.page.getByRole('button', { name: 'Show Documentation Explorer' }).or(
      this.page.getByRole('button', { name: 'Hide Documentation Explorer' })).waitFor();
  }

  /** Types a token where the server asks for one. */
  async give(token) {
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByLabel('Token').press('Enter');
  }

  /** Waits until the editors have their workers: those of GraphQL and of JSON, and Monaco's own. */
  async hasWorkers() {
    await until('the workers', () => this.page.workers().length >= 3);
  }

  /** Fails if the page complained, save about what is expected, or asked anybody but the server. */
  isClean(expected = /^$/) {
    assert.deepEqual(this.complaints.filter((text) => !expected.test(text)), []);
    const ours = (u) => u.startsWith(`${url}/`) || u.startsWith('data:') || u.startsWith(`blob:${url}/`);
    assert.deepEqual(this.requests.filter((u) => !ours(u)), []);
  }

  async close() {
    await this.context.close();
  }

  shot(name) {
    return this.page.screenshot({ path: join(shots, `${name}.png`) });
  }

  editor(which) {
    const places = { query: '.graphiql-query-editor', response: '.graphiql-response .result-window', tool: '.graphiql-editor-tool .graphiql-editor:not(.hidden)' };
    return this.page.locator(places[which]);
  }

  /** What an editor shows: only the lines that are in sight. */
  async shown(which) {
    return (await this.editor(which).locator('.view-lines').innerText()).replaceAll('\u00a0', ' ');
  }

  async shows(which, text) {
    await until(`the ${which} editor shows ${text}`, async () => (await this.shown(which)).includes(text));
  }

  /** Replaces the variables or headers of the tab in front. */
  async write(tool, value) {
    await this.page.locator(`.graphiql-editor-tools button[data-name=${tool}]`).click();
    await this.replace('tool', JSON.stringify(value));
  }

  /** Replaces what an editor holds. */
  async replace(which, text) {
    await this.editor(which).locator('.view-lines').click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.insertText(text);
    await this.shows(which, text.slice(0, 20));
  }

  /** The tabs whose titles begin so: once an operation has run, a tab is called like it. */
  tabs(title) {
    return this.page.getByRole('tablist').locator(`button[title^="${title}"]`);
  }

  /** Brings the last of the tabs to the front whose titles begin so. */
  async tab(title) {
    await this.tabs(title).last().click();
    await this.page.locator(`.graphiql-tab-active button[title^="${title}"]`).waitFor();
  }

  /** Fails if the page has outgrown its window. */
  async fits() {
    const { bottom, height } = await this.page.evaluate(() => {
      const parts = document.querySelectorAll('#graphiql-session, .graphiql-editors, .graphiql-footer');
      return { bottom: Math.max(...[...parts].map((e) => e.getBoundingClientRect().bottom)), height: window.innerHeight };
    });
    assert.ok(bottom <= height, `the page ends at ${bottom}, the window at ${height}`);
  }

  /** Opens a ready-made tab. */
  async example(name) {
    await this.page.getByRole('navigation', { name: 'Examples' }).getByRole('button', { name }).click();
  }

  async choose(operation) {
    await this.page.getByRole('button', { name: /^Execute query/ }).click();
    await this.page.getByRole('menuitem', { name: operation, exact: true }).click();
  }

  /** Runs a query or mutation of the tab in front and gives its data, once it is shown. */
  async run(operation, start = () => this.choose(operation)) {
    const answered = this.page.waitForResponse((r) => r.request().postDataJSON?.()?.operationName === operation);
    const [response] = await Promise.all([answered, start()]);
    const { data, errors } = await response.json();
    assert.equal(errors, undefined, JSON.stringify(errors));
    await this.shows('response', `"${Object.keys(data)[0]}"`);
    return data;
  }

  /** The panel of a live subscription. */
  live(name, actor) {
    return this.page.getByRole('region', { name: `${name} as ${actor}` });
  }

  async isLive(name, actor) {
    await this.live(name, actor).locator('.rapport-state-live').waitFor();
  }

  /** Waits until the head of a live subscription's panel is in sight. */
  async inSight(panel) {
    await until('the panel is in sight', () =>
      panel.evaluate((section) => {
        const head = section.querySelector('header').getBoundingClientRect();
        const window = section.closest('.graphiql-footer').getBoundingClientRect();
        return head.top >= window.top && head.bottom <= window.bottom;
      }),
    );
  }

  /** Waits for the newest message or event of a live subscription that has all these texts, and gives its place. */
  async brings(panel, ...texts) {
    let entry = panel.getByRole('listitem');
    for (const hasText of texts) entry = entry.filter({ hasText });
    await entry.first().waitFor();
    return entry.first();
  }

  /** Clicks an id that begins so in a message. */
  async take(entry, prefix) {
    await entry.getByRole('button', { name: new RegExp(`^${prefix}_`) }).click();
    await this.page.getByRole('status').filter({ hasText: 'is set.' }).waitFor();
  }
}
