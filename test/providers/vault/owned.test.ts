import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { formatId } from '../../../src/domain/ids.ts';
import { outsideNameOf } from '../../../src/domain/lease.ts';
import type { Reach } from '../../../src/ports/provider.ts';
import type { VaultSession } from '../../../src/ports/vault.ts';
import { leaseNames } from '../../../src/providers/vault/names.ts';
import { listOwned } from '../../../src/providers/vault/owned.ts';
import type { Parts } from '../../../src/providers/vault/parts.ts';

const INSTALLATION = 'abcdefgh';
const nameOf = (installation = INSTALLATION) =>
  outsideNameOf(installation, formatId('lease', Date.now(), randomBytes(10)));

/** A Vault whose tokens are those of the map, by accessor, with their marks; looks are counted. */
function ground(tokens: Map<string, string>) {
  const looks: string[] = [];
  const call: VaultSession['call'] = ({ method, body }) => {
    const { accessor = '' } = (body ?? {}) as { accessor?: string };
    if (method !== 'LIST') looks.push(accessor);
    const data =
      method === 'LIST'
        ? { keys: [...tokens.keys()].reverse() }
        : { meta: { countersign: tokens.get(accessor) ?? '', path: 'p' } };
    return Promise.resolve({ status: 200, data, auth: {}, errors: [] } as never);
  };
  const parts = { names: leaseNames(INSTALLATION), session: () => ({ call }) };
  const page = (limit: number, after?: string) =>
    listOwned(
      parts as unknown as Parts,
      { signal: AbortSignal.timeout(10_000) } as unknown as Reach,
      { limit, ...(after && { after }) },
    );
  async function all(limit: number, between: (page: number) => void = () => undefined) {
    const listed: string[] = [];
    for (let at = 0, after: string | undefined; ; at += 1) {
      const { names, next } = await page(limit, after);
      expect(names.length).toBeLessThanOrEqual(limit);
      listed.push(...names);
      if (next === undefined) return listed;
      expect(next).not.toBe(after);
      after = next;
      between(at);
    }
  }
  return { all, looks };
}

const accessor = (n: number) => `a${String(n).padStart(5, '0')}`;

it.each([1, 7, 1_000])('in pages of %i each token is looked at once', async (limit) => {
  const ours = Array.from({ length: 40 }, () => nameOf());
  const tokens = new Map(
    Array.from({ length: 1_200 }, (_, n) => {
      const mark = n % 30 === 0 ? ours[n / 30] : n % 30 === 1 ? nameOf('otherone') : '';
      return [accessor(n), mark ?? ''] as const;
    }),
  );
  const { all, looks } = ground(tokens);
  expect((await all(limit)).sort()).toEqual([...ours].sort());
  expect(looks.sort()).toEqual([...tokens.keys()]);
});

it('who is there from the first page to the last is listed, whoever comes and goes', async () => {
  const names = Array.from({ length: 12 }, () => nameOf());
  const tokens = new Map(names.map((name, n) => [accessor(n * 2), name] as const));
  const { all } = ground(tokens);
  const listed = await all(3, (page) => {
    if (page > 0) return;
    for (const n of [0, 2, 3, 9]) tokens.delete(accessor(n * 2));
    tokens.set(accessor(1), nameOf());
  });
  expect(listed.sort()).toEqual(names.filter((_, n) => ![3, 9].includes(n)).sort());
});

it('a lease with two tokens is listed', async () => {
  const name = nameOf();
  const { all } = ground(new Map([0, 1, 2, 3].map((n) => [accessor(n), name] as const)));
  expect(new Set(await all(2))).toEqual(new Set([name]));
});

it('no token at all is one page', async () => {
  expect(await ground(new Map()).all(2)).toEqual([]);
});
