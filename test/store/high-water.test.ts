import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createAgentStore } from '../../src/store/agents.ts';
import { createEndingStore } from '../../src/store/endings.ts';
import { createOperatorTokenStore } from '../../src/store/operator-tokens.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { createTaskStore } from '../../src/store/tasks.ts';
import { createUpkeep } from '../../src/store/upkeep.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

const HOUR = 3_600_000;
const entry = { actor: 'broker', action: 'task.opened', subject: 's', detail: {} } as const;

/** A server's clock cannot be set here; a mark ahead of it is the same as a clock that went back. */
describe('a clock that steps backwards', () => {
  let store: TestStore;
  let pool: Pool;
  beforeAll(async () => {
    store = await createTestStore();
    pool = createPool({ url: new Secret(store.runtimeUrl), poolSize: 4 });
  });
  beforeEach(() => setMark('clock_timestamp()'));
  afterAll(() => pool.end());

  const setMark = (at: string) => store.asSuperuser(`update countersign.high_water set at = ${at}`);
  async function now(): Promise<{ store: number; clock: number; mark: number }> {
    const [row] = await store.asSuperuser<{ store: number; clock: number; mark: number }>(
      `select countersign.ms(countersign.now_at()) as store, countersign.ms(clock_timestamp()) as clock,
         (select countersign.ms(at) from countersign.high_water) as mark`,
    );
    if (!row) throw new Error('no row');
    return row;
  }

  it('does not take the time of the store back with it', async () => {
    await setMark("clock_timestamp() + interval '1 hour'");
    const { store: at, clock, mark } = await now();
    expect(at).toBe(mark);
    expect(at - clock).toBeGreaterThan(HOUR - 60_000);
  });

  it('brings nothing back to life: what had expired stays so, and is ended', async () => {
    const id = 'agt_clock';
    await createAgentStore(pool).insert(
      { id, name: id, owner: 'dana@example.com', teams: [], jwks: { keys: [] }, managedBy: 'api' },
      { ...entry, action: 'agent.created' },
    );
    const tasks = createTaskStore(pool);
    const times = { createdAt: Date.now(), expiresAt: Date.now() + HOUR / 2 };
    const task = {
      id: 'tsk_1',
      agentId: id,
      purpose: 'p',
      openedBy: 'agent',
      state: 'open',
    } as const;
    await tasks.open({ ...task, ...times }, entry);
    const tokens = createOperatorTokenStore(pool);
    const sha256 = Buffer.alloc(32, 7);
    await tokens.insert({ id: 'opt_1', sha256, role: 'admin', ttlSeconds: 1_800 }, entry);
    expect(await tokens.find(sha256)).toBe('admin');
    expect(await tasks.list({ limit: 5, live: true })).toHaveLength(1);

    // The broker has acted on a time one hour on; the clock shows what it shows now.
    await setMark("clock_timestamp() + interval '1 hour'");
    expect(await tokens.find(sha256)).toBeUndefined();
    expect(await tasks.list({ limit: 5, live: true })).toHaveLength(0);
    await createEndingStore(pool).expire(60_000);
    expect((await tasks.find('tsk_1'))?.state).toBe('expired');
  });

  it('does not lower the mark, whoever raises it and how often', async () => {
    await setMark("clock_timestamp() + interval '1 hour'");
    const before = (await now()).mark;
    const upkeep = createUpkeep(pool);
    await Promise.all(Array.from({ length: 8 }, () => upkeep.raiseHighWater()));
    expect((await now()).mark).toBe(before);
  });

  it('finds the mark close behind the clock while all is well', async () => {
    await setMark("clock_timestamp() - interval '1 hour'");
    await createUpkeep(pool).raiseHighWater();
    const { mark, clock } = await now();
    expect(clock - mark).toBeLessThan(HOUR / 2);
  });
});
