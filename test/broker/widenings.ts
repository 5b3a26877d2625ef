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

/** As if enough admins had signed: how they do is another test's concern. */
export async function approve(broker: TestBroker, id: unknown): Promise<void> {
  await broker.store.asSuperuser(
    `update countersign.approvals set state = 'approved', decided_at = clock_timestamp() where id = $1 and state = 'pending'`,
    [id],
  );
}
