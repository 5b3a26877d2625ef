import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import type { TestAgent } from '../support/broker.ts';
import { type Line, openLine, through } from '../support/line.ts';
import { testServer } from '../support/postgres.ts';
import { type Ground, type Held, hold, issue, openGround } from './ground.ts';
import { createTestStore } from '../support/store.ts';

interface Ready {
  readonly status: number;
  readonly reasons: string[];
  readonly detail: Record<string, unknown>;
}

describe('with the store away', () => {
  let ground: Ground;
  let line: Line;
  let agent: TestAgent;
  let held: Held;
  beforeAll(async () => {
    const [server, store] = await Promise.all([testServer(), createTestStore()]);
    line = await openLine(server.port);
    const databaseUrl = new Secret(through(line, store.runtimeUrl));
    ground = await openGround({ store, config: { databaseUrl } });
    agent = await ground.broker.agent();
    held = await hold(agent);
  });
  afterAll(() => ground.broker.stop());

  const ask = (path: string) => fetch(`${ground.broker.url}${path}`);
  const ready = async (): Promise<Ready> => {
    const response = await ask('/readyz');
    return { ...((await response.json()) as Omit<Ready, 'status'>), status: response.status };
  };

  it('everything answers 503 with Retry-After, /readyz says why, and it mends without a restart', async () => {
    const { lease } = await issue(held);
    await line.cut();
    const refused = { status: 503, retryAfterSeconds: expect.any(Number) };
    const code = expect.stringMatching(/^(store_unavailable|feed_stale)$/);
    await expect(hold(agent)).rejects.toMatchObject({ ...refused, code });
    await expect(issue(held)).rejects.toMatchObject({ ...refused, code });
    await expect(
      ground.admin.call('revoke', { body: { all: true, reason: 'now' } }),
    ).rejects.toMatchObject({ ...refused, code: 'store_unavailable' });
    await expect.poll(ready, { timeout: 10_000 }).toMatchObject({
      status: 503,
      reasons: expect.arrayContaining(['the store cannot be reached']),
    });
    expect((await ask('/healthz')).status).toBe(200);
    // A figure that cannot be read is left out, not shown as none.
    const metrics = await ask('/metrics').then((response) => response.text());
    expect(metrics).not.toMatch(/^countersign_leases_overdue /m);

    await line.mend();
    await expect.poll(ready, { timeout: 15_000 }).toMatchObject({ status: 200, reasons: [] });
    expect(await ask('/metrics').then((response) => response.text())).toMatch(
      /^countersign_leases_overdue 0$/m,
    );
    await hold(agent);
    expect(await ground.stateOf(lease)).toBe('active');
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });
    await expect.poll(() => ground.stateOf(lease), { timeout: 10_000 }).toBe('revoked');
  });

  it('a request that the cut caught half-way leaves nothing half-done', async () => {
    const fresh = await hold(agent);
    const asking = Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => (index % 2 ? hold(agent) : issue(fresh))),
    );
    await line.cut();
    await asking;
    await line.mend();
    await expect.poll(ready, { timeout: 15_000 }).toMatchObject({ status: 200 });
    await ground.admin.call('revoke', { body: { agent: agent.id, reason: 'end of test' } });
    await expect.poll(() => ground.roles(), { timeout: 20_000 }).toEqual([]);
    const { items } = await ground.admin.call('listLeases', { query: { live: 'true' } });
    expect(items).toEqual([]);
  });
});
