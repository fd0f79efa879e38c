// GraphQL over HTTP as its specification has it, judged by the audits of the npm package graphql-http. `make audit` runs them alone.
//
// RAPPORT_URL is the server's address, for example http://127.0.0.1:8080; without it everything is skipped.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { serverAudits } from 'graphql-http';

const url = process.env.RAPPORT_URL;
const skip = url ? false : 'RAPPORT_URL is not set: no server to talk to';

/** How many audits there are, so that a version of graphql-http that has fewer is noticed. */
const expected = { MUST: 13, SHOULD: 23, MAY: 25 };

/** What is optional and not there: GET is for the WebSocket only, so that no link or image makes a server work (docs/graphql.md). */
const notServed = ['5A70', 'D6D5', '6A70'];

describe('GraphQL over HTTP', { skip, timeout: 60_000 }, () => {
  const audits = serverAudits({ url: `${url}/graphql`, fetchFn: fetch });
  const count = Object.fromEntries(Object.keys(expected).map((level) => [level, { ok: 0, all: 0 }]));

  for (const { id, name, fn } of audits) {
    const level = name.split(' ')[0];
    count[level].all++;
    it(`${id} ${name}`, async (t) => {
      const result = await fn();
      if (result.status === 'ok') {
        count[level].ok++;
      } else if (level === 'MAY') {
        t.diagnostic(`${id} is optional and not so: ${result.reason}`);
        assert.ok(notServed.includes(id), `${id} was so until now: ${result.reason}`);
        return;
      } else {
        const body = await result.response.clone().text().catch(() => '');
        assert.fail(`${result.reason}\n${result.response.status} ${result.response.headers.get('content-type')}\n${body.slice(0, 2000)}`);
      }
      assert.ok(!notServed.includes(id), `${id} is so by now: take it out of notServed`);
    });
  }

  it('has the audits that are expected', () => {
    assert.deepEqual(Object.fromEntries(Object.entries(count).map(([level, { all }]) => [level, all])), expected);
  });

  after(() => {
    console.log(`audits: ${Object.entries(count).map(([level, { ok, all }]) => `${level} ${ok}/${all}`).join(', ')}`);
  });
});
