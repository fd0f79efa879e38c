// How a TypeScript program follows a subscription over WebSocket, with the npm package graphql-ws.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { pause, Refusal, say, tokenOf, type Server } from './connection.ts';

/** A message of a subscription. */
export type Message = { type: 'STATE' | 'READY' | 'CHANGED' | 'REMOVED' | 'RESET'; cursor: string | null };

/**
 * Gives the messages of a subscription with one field, which has the argument `after: $after` and asks for `type` and `cursor`, until the
 * stream is complete. When the connection is lost it comes back and goes on behind the last cursor; where that can't be done, the first
 * message is of type RESET: forget what you know, a new start follows.
 */
export async function* follow<T extends Message>(server: Server, query: string, variables: Record<string, unknown>): AsyncGenerator<T> {
  let after: string | null = null;
  let n = 0; // attempts in a row that did not come as far as READY
  let lost: { code?: number } = {};
  let taken = false; // the server has taken our token
  let silent: NodeJS.Timeout | undefined;
  const client = createClient({
    url: server.url.replace(/^http/, 'ws'), // https becomes wss
    webSocketImpl: WebSocket,
    // Called for each connection. What it throws would end us by 4005, which may come late: it must not throw.
    connectionParams: async () => {
      try {
        const token = await tokenOf(server);
        return token ? { token } : server.actor ? { actor: server.actor } : {};
      } catch (problem) {
        console.error(say(problem));
        client.terminate();
      }
    },
    // A refused connection is a restart, not the end. graphql-ws gives up by itself after 4400 and the like, but not after 4403: a token that
    // was taken has ended, and a new one helps; one that is not taken would be refused again.
    shouldRetry: (problem) => (lost = problem as { code?: number }).code !== 4403 || (taken && typeof server.token === 'function'),
    retryAttempts: Infinity,
    retryWait: () => pause(n++, lost),
    // A dead line is noticed by its silence.
    keepAlive: 15_000,
    on: {
      opened: () => (taken = false),
      connected: () => (taken = true),
      // What has come does not come again, even if it waits to be looked at.
      message: (m) => {
        if (m.type !== 'next' || m.payload.errors) return;
        const { type, cursor } = Object.values(m.payload.data ?? {})[0] as Message;
        if (cursor || type === 'RESET') after = cursor;
        if (type === 'READY') n = 0;
      },
      ping: (received) => {
        if (!received) silent = setTimeout(() => client.terminate(), 10_000);
      },
      pong: () => clearTimeout(silent),
      closed: () => clearTimeout(silent),
    },
  });
  try {
    for (;;) {
      try {
        // graphql-ws subscribes anew with what the variables are then.
        const payload = { query, variables: { ...variables, get after() { return after; } } };
        for await (const { data, errors } of client.iterate<Record<string, T>>(payload)) {
          if (errors) throw errors;
          yield Object.values(data ?? {})[0]!;
        }
        return;
      } catch (problem) {
        if (!Array.isArray(problem)) throw new Error(say(problem)); // closed with 4403 and the like
        const refusal = new Refusal(problem);
        if (!refusal.passes) throw refusal;
        await pause(n++, refusal);
      }
    }
  } finally {
    await client.dispose();
  }
}
