import { readStoreFacts, type StoreFacts } from '../store/installation.ts';
import type { Pool } from '../store/pool.ts';

/** Oldest PostgreSQL that can be the store. */
const OLDEST = 140_000;

/**
 * What must hold before a broker serves from a store.
 * @throws Error with one line that says what to do
 */
export async function checkedStoreFacts(pool: Pool): Promise<StoreFacts> {
  const facts = await readStoreFacts(pool);
  if (!facts) {
    throw new Error('The store has no tables yet. Run: countersign migrate');
  }
  if (facts.serverVersion < OLDEST) {
    throw new Error('The store is older than PostgreSQL 14.');
  }
  if (facts.ownsAudit || facts.excessOnAudit.length > 0) {
    const why = facts.ownsAudit ? 'owns the audit' : `has ${facts.excessOnAudit.join(', ')} on it`;
    throw new Error(
      `The role in DATABASE_URL ${why}, so it could rewrite history. Use the runtime role, which owns no table.`,
    );
  }
  return facts;
}
