import type { Client } from './client.ts';
import { CountersignError, localError } from './error.ts';
import type { PendingApproval } from './pending-approval.ts';
import type { Limits } from './transport.ts';

/** Seconds one request is held open, and milliseconds that answer may take beyond that. */
const HELD_SECONDS = 30;
const MARGIN_MS = 15_000;

/**
 * Waits until an approval is no longer pending: each request is held open by the broker, which answers as soon as
 * somebody did.
 *
 * @param reader a client with a fresh token that may read the agent's own records
 * @throws CountersignError `timeout` after `limits.timeoutMs`; `aborted`
 */
export async function untilAnswered(
  reader: () => Promise<Client>,
  { approval_id: id, expires_in: seconds }: PendingApproval,
  limits: Limits = {},
): Promise<void> {
  const until = performance.now() + (limits.timeoutMs ?? (seconds + HELD_SECONDS) * 1000);
  let client = await reader();
  for (;;) {
    const left = until - performance.now();
    if (left <= 0) throw localError('timeout', `Nobody has answered ${id} yet.`);
    const wait = Math.max(1, Math.min(HELD_SECONDS, Math.floor(left / 1000)));
    const call = {
      params: { id },
      query: { wait },
      timeoutMs: wait * 1000 + MARGIN_MS,
      signal: limits.signal,
    };
    try {
      if ((await client.call('getApproval', call)).state !== 'pending') return;
    } catch (error) {
      // The token that reads lives for minutes only: people may take longer.
      if (!(error instanceof CountersignError) || error.code !== 'invalid_token') throw error;
      client = await reader();
    }
  }
}
