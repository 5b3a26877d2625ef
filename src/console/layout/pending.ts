import { useRead } from '../wire/query.ts';

const EVERY_MS = 15_000;

/** How many approvals wait for an answer. */
export function usePendingCount(): number {
  return useRead('overview', {}, { every: EVERY_MS }).data?.now.pending_approvals ?? 0;
}
