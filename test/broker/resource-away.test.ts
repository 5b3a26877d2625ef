import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgent } from '../support/broker.ts';
import { type Line, openLine, through } from '../support/line.ts';
import { testServer } from '../support/postgres.ts';
import { chainOf } from '../support/chain.ts';
import { borrow, type Ground, hold, issue, logIn, openGround, runUntilEnded } from './ground.ts';

describe('with the resource away', () => {
  let ground: Ground;
  let line: Line;
  let agent: TestAgent;
  beforeAll(async () => {
    line = await openLine((await testServer()).port);
    ground = await openGround({ adminUrl: (url) => through(line, url) });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  const ask = (path: string) => fetch(`${ground.broker.url}${path}`);
  const overdueByReadyz = async () => {
    const response = await ask('/readyz');
    const body = (await response.json()) as { detail: { overdue_leases: number } };
    return { status: response.status, overdue: body.detail.overdue_leases };
  };

  it('promise 5: at issue it is provider_unavailable, and the reservation ends', async () => {
    const held = await hold(agent);
    await line.cut();
    await expect(issue(held)).rejects.toMatchObject({
      status: 503,
      code: 'provider_unavailable',
      retryAfterSeconds: 5,
    });
    const { items } = await ground.admin.call('listLeases', { query: { task: held.task } });
    expect(items).toHaveLength(1);
    // What may exist outside goes through the queue: only a look at the resource proves it gone.
    expect(items[0]).toMatchObject({
      state: 'revoking',
      end_reason: 'issue failed: provider_unavailable',
    });
    await line.mend();
    const id = items[0]?.id ?? '';
    await expect.poll(() => ground.stateOf(id), { timeout: 15_000 }).toBe('revoked');
    // The ended reservation does not count against the grant's one lease.
    const issued = await issue(held);
    await held.client.call('revokeLease', { params: { id: issued.lease } });
    await expect.poll(() => ground.stateOf(issued.lease), { timeout: 10_000 }).toBe('revoked');
  });

  it('promise 6: at revoke it is tried again for ever, listed as overdue and alarmed', async () => {
    const held = await borrow(agent);
    const session = runUntilEnded(
      await logIn(held.url.replace(`:${line.port}/`, `:${(await testServer()).port}/`)),
    );
    await line.cut();
    await ground.admin.call('revoke', { body: { lease: held.lease, reason: 'over' } });
    await expect.poll(overdueByReadyz, { timeout: 10_000 }).toEqual({ status: 200, overdue: 1 });
    const metrics = await ask('/metrics').then((response) => response.text());
    expect(metrics).toMatch(/^countersign_leases_overdue 1$/m);
    expect(metrics).toMatch(/outcome="revoke_failed"\} [1-9]/);
    const query = { overdue: 'true' } as const;
    const attempts = async () => (await ground.admin.call('listLeases', { query })).items[0];
    await expect
      .poll(async () => (await attempts())?.attempts, { timeout: 15_000 })
      .toBeGreaterThan(1);
    expect(await attempts()).toMatchObject({
      id: held.lease,
      state: 'revoking',
      last_error: expect.stringMatching(/^provider_unavailable: /),
      overdue_since: expect.any(String),
    });

    await line.mend();
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 20_000 }).toBe('revoked');
    expect(await session).toBeInstanceOf(Error);
    expect(await ground.roles()).not.toContain(held.role);
    expect(await overdueByReadyz()).toEqual({ status: 200, overdue: 0 });
    expect((await ground.admin.call('listLeases', { query })).items).toEqual([]);
    const entries = await chainOf(ground.broker.composed);
    const proof = entries.filter((e) => e.action === 'lease.revoked' && e.subject === held.lease);
    expect(proof).toHaveLength(1);
    // The time runs from the accepted revocation, so the outage is in it.
    expect(proof[0]?.detail['dead_ms']).toBeGreaterThan(1_000);
  });
});
