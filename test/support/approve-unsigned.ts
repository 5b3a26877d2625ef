import type { TestStore } from './store.ts';

/** As if an admin other than the author had signed: how they do is another test's concern. */
export async function approveUnsigned(store: TestStore, id: unknown): Promise<void> {
  await store.asSuperuser(
    `insert into countersign.approval_votes (approval_id, operator_id, person, decision, at)
     select a.id, o.id, 'somebody', 'approve', clock_timestamp()
     from countersign.approvals a, countersign.operators o
     where a.id = $1 and o.role = 'admin' and o.state = 'active' and o.id is distinct from a.author_id
       and exists (select from countersign.passkeys p where p.operator_id = o.id and p.removed_at is null)
     order by o.id limit 1`,
    [id],
  );
  await store.asSuperuser(
    `update countersign.approvals set state = 'approved', decided_at = clock_timestamp()
     where id = $1 and state = 'pending'`,
    [id],
  );
}
