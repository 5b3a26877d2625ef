import { performance } from 'node:perf_hooks';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import type { FeedEvent } from '../../src/ports/feed.ts';
import { createEndingStore } from '../../src/store/endings.ts';
import { announce } from '../../src/store/feed-event.ts';
import { createFeed } from '../../src/store/feed.ts';
import { createPool, type Pool, transaction } from '../../src/store/pool.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

describe('the feed', () => {
  let store: TestStore;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    store = await createTestStore();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  function pool(): Pool {
    const made = createPool({ url: new Secret(store.runtimeUrl), poolSize: 6 });
    closing.push(() => made.end());
    return made;
  }

  async function follow(pollMs: number) {
    const events: FeedEvent[] = [];
    const times: number[] = [];
    const feed = createFeed({
      url: new Secret(store.runtimeUrl),
      pool: pool(),
      pollMs,
      monotonic: () => performance.now(),
      onDatabaseTime: (ms) => times.push(ms),
    });
    await feed.start((event) => events.push(event));
    closing.push(() => feed.stop());
    return { feed, events, times };
  }

  const say = (via: Pool, target: string) =>
    transaction(via, (tx) => announce(tx, [{ kind: 'agent', target }]));

  async function epoch(): Promise<number> {
    const [row] = await store.asSuperuser<{ n: number }>(
      'select epoch::int as n from countersign.gate',
    );
    return row?.n ?? 0;
  }

  it('tells every reader the same events, in the order of their commits, without a gap', async () => {
    const start = await epoch();
    // Polling once an hour: what arrives was brought by catching up and by notifications.
    const readers = [await follow(3_600_000), await follow(3_600_000)];
    const writers = [pool(), pool()];
    await Promise.all(
      Array.from({ length: 120 }, async (_, n) => {
        const via = writers[n % 2] as Pool;
        if (n % 10 === 9) {
          await transaction(via, async (tx) => {
            await announce(tx, [{ kind: 'agent', target: 'rolled back' }]);
            throw new Error('no');
          }).catch(() => undefined);
        } else await say(via, `agt_${n}`);
      }),
    );
    await Promise.all(readers.map(({ feed }) => feed.catchUp()));
    const wanted = Array.from({ length: 108 }, (_, n) => start + n + 1);
    for (const { events } of readers) expect(events.map((event) => event.epoch)).toEqual(wanted);
    expect(readers[0]?.events).toEqual(readers[1]?.events);
    expect(readers[0]?.events.some(({ target }) => target === 'rolled back')).toBe(false);
  });

  it('has told of a narrowing once catchUp resolves, more than a page of them too', async () => {
    const { feed, events } = await follow(3_600_000);
    const writer = pool();
    const many = Array.from({ length: 2_500 }, (_, n) => ({
      kind: 'task' as const,
      target: `tsk_${n}`,
    }));
    await transaction(writer, (tx) => announce(tx, many));
    await createEndingStore(writer).begin({
      target: { kind: 'resource', id: 'shop' },
      reason: 'test',
      actor: 'broker',
      taskState: 'closed',
      stopId: 'stp_feed',
      entries: [],
    });
    await feed.catchUp();
    expect(events).toHaveLength(2_502);
    expect(events.slice(-2).map(({ kind, target }) => [kind, target])).toEqual([
      ['resource', 'shop'],
      ['stop', 'stp_feed'],
    ]);
    expect(events.map((event) => event.epoch)).toEqual(
      events.map((_, n) => (events[0]?.epoch ?? 0) + n),
    );
  });

  it('goes on by polling when its connections are cut, and misses nothing', async () => {
    const { events, feed } = await follow(50);
    await store.asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`,
      [store.runtimeRole],
    );
    const writer = pool();
    await say(writer, 'agt_after');
    await expect.poll(() => events.map(({ target }) => target)).toContain('agt_after');
    await expect
      .poll(() =>
        store.asSuperuser(
          `select from pg_stat_activity where usename = $1 and query = 'listen countersign_feed'`,
          [store.runtimeRole],
        ),
      )
      .toHaveLength(1);
    expect(feed.ageMs()).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('ages while the store is away, and is fresh again when it is back', async () => {
    const { feed } = await follow(20);
    await store.asSuperuser(`alter role ${store.runtimeRole} nologin`);
    await store.asSuperuser(
      `select pg_terminate_backend(pid) from pg_stat_activity where usename = $1`,
      [store.runtimeRole],
    );
    await expect.poll(() => feed.ageMs(), { timeout: 10_000 }).toBeGreaterThan(500);
    await expect(feed.catchUp()).rejects.toMatchObject({ code: expect.any(String) });
    await store.asSuperuser(`alter role ${store.runtimeRole} login`);
    await expect.poll(() => feed.ageMs(), { timeout: 10_000 }).toBeLessThan(500);
  });
});
