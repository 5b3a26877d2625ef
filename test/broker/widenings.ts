import type { TestBroker } from '../support/broker.ts';

interface Entry {
  readonly actor: string;
  readonly subject: string;
  readonly detail: Record<string, unknown>;
}

/** Entries of one action, oldest first. */
export async function entriesOf(broker: TestBroker, action: string): Promise<Entry[]> {
  const text = `select actor, subject, detail from countersign.audit_entries where action = $1 order by seq`;
  return broker.store.asSuperuser<Entry & { [column: string]: unknown }>(text, [action]);
}
