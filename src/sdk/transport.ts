import type { z } from 'zod';
import { localError } from './error.ts';
import { readError } from './read-error.ts';

/** Milliseconds until an answer must have come, unless the caller says otherwise. */
const DEFAULT_TIMEOUT_MS = 30_000;

export interface Limits {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 30,000 unless said. */
  readonly timeoutMs?: number | undefined;
}

export interface Transport {
  /** Base URL of the broker, without a slash at the end. */
  readonly url: string;
  readonly fetch: typeof fetch;
}

/** Base URL and fetch of a broker; refuses what is no http(s) URL, or carries credentials. */
export function transportTo(url: string, fetchWith: typeof fetch = fetch): Transport {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw localError('invalid_request', `Not an http or https URL: ${JSON.stringify(url)}.`);
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw localError(
      'invalid_request',
      'The URL of a broker has no credentials, query or fragment.',
    );
  }
  return { url: withoutEndSlashes(`${parsed.origin}${parsed.pathname}`), fetch: fetchWith };
}

/** Counted from the end: a pattern that is anchored there only takes quadratic time. */
export function withoutEndSlashes(url: string): string {
  let end = url.length;
  while (url.endsWith('/', end)) end -= 1;
  return url.slice(0, end);
}

/**
 * One request. Redirects are refused, so that a bearer token never follows one.
 * @returns a 2xx answer; throws CountersignError for everything else
 */
export async function send(
  transport: Transport,
  path: string,
  init: RequestInit,
  limits: Limits = {},
): Promise<Response> {
  const stop = new AbortController();
  const timeoutMs = limits.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  const signal = limits.signal ? AbortSignal.any([limits.signal, stop.signal]) : stop.signal;
  try {
    const answer = await transport.fetch(`${transport.url}${path}`, {
      ...init,
      signal,
      redirect: 'error',
    });
    if (!answer.ok) throw await readError(answer);
    return answer;
  } catch (error) {
    if (limits.signal?.aborted) throw localError('aborted', 'The call was aborted.', 0, error);
    if (stop.signal.aborted) {
      throw localError('timeout', `${transport.url} did not answer in ${timeoutMs / 1000} s.`);
    }
    throw isNetworkFailure(error)
      ? localError('unreachable', `Cannot reach ${transport.url} (${causeOf(error)}).`, 0, error)
      : error;
  } finally {
    // Only the wait for the answer is timed: a stream may run for longer.
    clearTimeout(timer);
  }
}

/** The JSON body of an answer, checked by its schema. */
export async function readJson<S extends z.ZodType>(
  answer: Response,
  schema: S,
): Promise<z.output<S>> {
  const body: unknown = await answer.json().catch(() => undefined);
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') || 'the body';
  throw localError(
    'unexpected_response',
    `The answer of ${new URL(answer.url || 'http://unknown').pathname} is not what this version understands (${where}).`,
    answer.status,
  );
}

/** `fetch` reports every network failure as a TypeError. */
function isNetworkFailure(error: unknown): boolean {
  return error instanceof TypeError;
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string')
    return cause.code;
  return cause instanceof Error ? cause.message : 'network error';
}
