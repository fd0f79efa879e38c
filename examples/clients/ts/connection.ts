// How a TypeScript program speaks to Rapport: ask over HTTP, and in follow.ts over WebSocket. Copy both. What passes (a restart, a lost
// network, RATE_LIMITED, UNAVAILABLE) is told on standard error and waited out, for ever; what doesn't is thrown.

/**
 * Where to ask, http://host:port/graphql, and who asks: by a token or an API key, or in development mode by naming an agent, or nobody. Tokens
 * that end are given by a function: it is called for each request and each connection, and has 10 s.
 */
export type Server = { url: string; token?: string | (() => Promise<string>) | undefined; actor?: string };

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
export function say(problem: unknown): string {
  const { code, reason, message, cause } = problem as { code?: unknown; reason?: string; message?: string; cause?: unknown };
  if (typeof code === 'number') return `closed with ${code} ${reason}`.trim();
  return [message ?? problem, cause].filter(Boolean).join(' ');
}

/** Waits before the attempt number n + 2: from 0.2 s, doubled up to 5 s, at least what the server asks for, and not all at the same moment. */
export async function pause(n: number, why: unknown): Promise<void> {
  const wait = Math.min(200 * 2 ** n, 5000) * (1 + Math.random());
  const least = why instanceof Refusal ? why.retryAfterSeconds * 1000 : 0;
  console.error(`${say(why)}; again in ${(Math.max(wait, least) / 1000).toFixed(1)} s`);
  await new Promise((resolve) => setTimeout(resolve, Math.max(wait, least)));
}

/** The token to show now. */
export const tokenOf = async ({ token }: Server) => (typeof token === 'function' ? token() : token);

/** Runs a query or a mutation and gives its data. It repeats what got no answer: give mutations an idempotencyKey. */
export async function ask<T>(server: Server, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  for (let n = 0; ; n++) {
    try {
      const headers: Record<string, string> = { 'Content-Type': 'application/json' };
      const token = await tokenOf(server);
      if (token) headers.Authorization = `Bearer ${token}`;
      else if (server.actor) headers['X-Rapport-Actor'] = server.actor;
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
