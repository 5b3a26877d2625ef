import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainOf, verdictOn } from '../support/chain.ts';
import { borrow, type Ground, hold, issue, openGround, READ } from './ground.ts';

describe('promise 4: nothing is handed out before its entry is durable, nothing is kept for want of one', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground.broker.stop());

  it('with the audit closed, what widens is refused and what narrows is done and journaled', async () => {
    const { broker, admin } = ground;
    const { store } = broker;
    const [agent, other] = await Promise.all([broker.agent(), broker.agent()]);
    const [held, second] = [await borrow(agent), await borrow(other)];
    const waiting = await hold(other);
    const before = (await broker.composed.broker.auditLog.head()).seq;

    await store.closeAudit();
    const failed = { status: 500 };
    await expect(hold(other)).rejects.toMatchObject(failed);
    await expect(issue(waiting)).rejects.toMatchObject(failed);
    await expect(
      admin.call('openTask', { body: { purpose: 'more', agent: agent.id } }),
    ).rejects.toMatchObject(failed);
    await expect(
      second.client.call('renewLease', { params: { id: second.lease } }),
    ).rejects.toMatchObject(failed);
    // Not a row of what was refused: one token and one lease each, as before.
    const rows = await store.asSuperuser<{ tokens: number; leases: number }>(
      `select (select count(*)::int from countersign.tokens where agent_id = $1) as tokens,
              (select count(*)::int from countersign.leases where agent_id = $1) as leases`,
      [other.id],
    );
    expect(rows).toEqual([{ tokens: 2, leases: 1 }]);
    expect(await ground.roles()).toHaveLength(2);

    const params = { id: agent.id };
    const body = { reason: 'runs amok' };
    expect((await admin.call('suspendAgent', { params, body })).state).toBe('suspended');
    await expect(held.client.call('listLeases')).rejects.toMatchObject({ code: 'invalid_token' });
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
    const revoked = await second.client.call('revokeLease', { params: { id: second.lease } });
    expect(['revoking', 'revoked']).toContain(revoked.state);
    await second.client.call('closeTask', { params: { id: second.task }, body: {} });
    await expect.poll(() => ground.stateOf(second.lease), { timeout: 10_000 }).toBe('revoked');
    expect(await ground.roles()).toEqual([]);

    expect((await broker.composed.broker.auditLog.head()).seq).toBe(before);
    const journal = await readFile(join(broker.config.dataDir, 'journal.ndjson'), 'utf8');
    for (const action of ['agent.suspended', 'stop.placed', 'lease.revoked', 'task.closed']) {
      expect(journal).toContain(`"${action}"`);
    }
    const ready = await fetch(`${broker.url}/readyz`).then((r) => r.json() as Promise<Ready>);
    expect(ready.detail.journaled_entries).toBeGreaterThan(4);

    await store.openAudit();
    await expect
      .poll(() => broker.composed.broker.journal.pending().length, { timeout: 10_000 })
      .toBe(0);
    const entries = await chainOf(broker.composed);
    const late = entries.filter(({ detail }) => typeof detail['journaled_at'] === 'string');
    expect(late.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['agent.suspended', 'stop.placed', 'lease.revoked', 'task.closed']),
    );
    expect(late.find(({ action }) => action === 'agent.suspended')?.subject).toBe(agent.id);
    expect(await verdictOn(broker.composed)).toMatchObject({ ok: true, anchored: true });
    await borrow(other);
  });

  it('every token and login that was handed out has its entry, written before the answer', async () => {
    const held = await borrow(await ground.broker.agent(), READ);
    const entries = await chainOf(ground.broker.composed);
    const about = (action: string) => entries.filter((entry) => entry.action === action);
    const minted = about('token.minted').find(({ detail }) => detail['task'] === held.task);
    const issuing = about('lease.issuing').find(({ subject }) => subject === held.lease);
    const issued = about('lease.issued').find(({ subject }) => subject === held.lease);
    expect(minted?.detail).toMatchObject({ scopes: [READ], rules: ['support-reads'] });
    expect(issuing?.detail).toMatchObject({ outside_name: held.role, task: held.task });
    expect(issued?.seq).toBeGreaterThan(issuing?.seq ?? Number.POSITIVE_INFINITY);
    // Promise 10: no password in it.
    const password = new URL(held.url).password;
    expect(password.length).toBeGreaterThan(20);
    expect(JSON.stringify(entries)).not.toContain(password);
  });
});

interface Ready {
  readonly detail: { readonly journaled_entries: number };
}
