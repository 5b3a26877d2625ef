import type { ServerResponse } from 'node:http';

/** Ends when the caller hangs up. */
export function goneOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}
