import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../src/audit/entry.ts';
import { Secret } from '../../src/domain/secret.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { createSecretRows } from '../../src/store/secrets.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

const entry = (action: 'secret.set' | 'secret.deleted'): AuditDraft => ({
  actor: 'opr_host',
  action,
  subject: 'secret:shop/admin-url',
  detail: {},
});
const set = (generation: number) => ({
  sealed: `box ${generation}`,
  entry: { ...entry('secret.set'), detail: { generation } },
});

describe('rows of secrets', () => {
  let store: TestStore;
  let pools: Pool[];
  beforeAll(async () => {
    store = await createTestStore();
    pools = [1, 2].map(() => createPool({ url: new Secret(store.runtimeUrl), poolSize: 5 }));
  });
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  const rows = (n = 0) => createSecretRows(pools[n] as Pool);
  const stored = (name: string) =>
    store.asSuperuser('select generation::int, sealed from countersign.secrets where name = $1', [
      name,
    ]);

  it('give each change a generation of its own, from two brokers at once, and keep the newest', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, (_, n) => rows(n % 2).insertNext('shop/admin-url', set)),
    );
    expect([...made].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, n) => n + 1));
    expect(await rows().latest('shop/admin-url')).toEqual({ generation: 12, sealed: 'box 12' });
    // An old root credential is of use to thieves only.
    expect(await stored('shop/admin-url')).toEqual([{ generation: 12, sealed: 'box 12' }]);
  });

  it('are gone when deleted, and their generations are never used again', async () => {
    await rows().insertNext('a', set);
    await rows().insertNext('a', set);
    expect(await rows().delete('a', entry('secret.deleted'))).toBe(true);
    expect(await rows().latest('a')).toBeUndefined();
    expect(JSON.stringify(await stored('a'))).not.toContain('box');
    expect((await rows().list()).map(({ name }) => name)).not.toContain('a');
    expect(await rows().delete('a', entry('secret.deleted'))).toBe(false);
    // Connections are kept by generation: a new value under an old number would not be looked at.
    const next = await rows(1).insertNext('a', set);
    expect(next).toBeGreaterThan(2);
    expect(await rows().latest('a')).toEqual({ generation: next, sealed: `box ${next}` });
    expect(await stored('a')).toHaveLength(1);
  });

  it('are read together by all who ask at the same time, each its own', async () => {
    await rows().insertNext('many/a', set);
    await rows().insertNext('many/b', set);
    await rows().insertNext('many/gone', set);
    await rows().delete('many/gone', entry('secret.deleted'));
    const pool = pools[0] as Pool;
    let taken = 0;
    const count = () => void (taken += 1);
    pool.on('acquire', count);
    const asked = rows();
    const names = ['many/b', 'many/gone', 'many/a', 'many/never', 'many/b'];
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, n) => asked.latest(names[n % names.length] ?? '')),
    );
    pool.off('acquire', count);
    const one = { generation: 1, sealed: 'box 1' };
    const expected = [one, undefined, one, undefined, one];
    expect(answers).toEqual(Array.from({ length: 300 }, (_, n) => expected[n % expected.length]));
    // Hundreds of leases that end together leave the store's connections to others.
    expect(taken).toBeLessThanOrEqual(2);
  });

  it('list names, generations and times, and nothing sealed', async () => {
    await rows().insertNext('b/c', set);
    const found = (await rows().list()).find(({ name }) => name === 'b/c');
    expect(found).toEqual({ name: 'b/c', generation: 1, createdAt: expect.any(Number) });
  });

  it('change together with their entry and a feed event, or not at all', async () => {
    const before = await store.asSuperuser(
      'select epoch, seq from countersign.gate, countersign.audit_head',
    );
    await expect(
      rows().insertNext('d', () => {
        throw new Error('cannot seal');
      }),
    ).rejects.toThrow('cannot seal');
    expect(await rows().latest('d')).toBeUndefined();
    expect(
      await store.asSuperuser('select epoch, seq from countersign.gate, countersign.audit_head'),
    ).toEqual(before);
    await rows().insertNext('d', set);
    expect(
      await store.asSuperuser(
        'select kind, target from countersign.feed order by epoch desc limit 1',
      ),
    ).toEqual([{ kind: 'secret', target: 'd' }]);
  });
});
