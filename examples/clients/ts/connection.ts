// How a TypeScript program speaks to Rapport: ask over HTTP, follow over WebSocket with the npm package graphql-ws. Copy it. What passes (a
// restart, a lost network, RATE_LIMITED, UNAVAILABLE) is told on standard error and waited out, for ever; what doesn't is thrown.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** Where to ask, http://host:port/graphql, and who asks: by a token or an API key, or in development mode by naming an agent, or nobody. */
export type Server = { url: string; token?: string | undefined; actor?: string };

type Problem = { message: string; extensions?: Record<string, unknown> };

/** What the server answers instead of data. */
export class Refusal extends Error {
  readonly code: unknown;
  readonly reason: unknown;
  readonly retryAfterSeconds: number;

  constructor(problems: readonly Problem[]) {
    const { code, reason, retryAfterSeconds } = problems[0]?.extensions ?? {};
    super(`${[code, reason].filter(Boolean).join('/')}: ${problems[0]?.message}`);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = typeof retryAfterSeconds === 'number' ? retryAfterSeconds : 0;
  }

  get passes(): boolean {
    return this.code === 'UNAVAILABLE' || this.code === 'RATE_LIMITED';
  }
}

/** Says what is wrong: an error, or the end of a socket with its code. */
function say(problem: unknown): string {
  const { code, reason, message, cause } = problem as { code?: unknown; reason?: string; message?: string; cause?: unknown };
  if (typeof code === 'number') return `closed with ${code} ${reason}`.trim();
  return [message ?? problem, cause].filter(Boolean).join(' ');
}

/** Waits before the attempt number n + 2: from 0.2 s, doubled up to 5 s, at least what the server asks for, and not all at the same moment. */
async function pause(n: number, why: unknown): Promise<void> {
  const wait = Math.min(200 * 2 ** n, 5000) * (1 + Math.random());
  const least = why instanceof Refusal ? why.retryAfterSeconds * 1000 : 0;
  console.error(`${say(why)}; again in ${(Math.max(wait, least) / 1000).toFixed(1)} s`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(wait, least)));
}

/** Runs a query or a mutation and gives its data. It repeats what got no answer: give mutations an idempotencyKey. */
export async function ask<T>(server: Server, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  if (server.token) headers.Authorization = `Bearer ${server.token}`;
  else if (server.actor) headers['X-Rapport-Actor'] = server.actor;
  for (let n = 0; ; n++) {
    try {
      // The server answers within 5 s, or says that it can't.
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query, variables }), signal });
      const { data, errors } = (await response.json()) as { data: T; errors?: Problem[] };
      if (errors) throw new Refusal(errors);
      return data;
    } catch (error) {
      if (error instanceof Refusal && !error.passes) throw error;
      await pause(n, error);
    }
  }
}

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
  let silent: NodeJS.Timeout | undefined;
  const client = createClient({
    url: server.url.replace(/^http/, 'ws'), // https becomes wss
    webSocketImpl: WebSocket,
    connectionParams: server.token ? { token: server.token } : server.actor ? { actor: server.actor } : {},
    // A refused connection is a restart, not the end. graphql-ws gives up by itself after 4400 and the like; 4403 says that we
    // are refused, or that our token has ended: who can get a new one does so here, and goes on.
    shouldRetry: (problem) => (lost = problem as { code?: number }).code !== 4403,
    retryAttempts: Infinity,
    retryWait: () => pause(n++, lost),
    // A dead line is noticed by its silence.
    keepAlive: 15_000,
    on: {
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
          const message = Object.values(data ?? {})[0]!;
          yield message;
          if (message.cursor || message.type === 'RESET') after = message.cursor;
          if (message.type === 'READY') n = 0;
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
