import { expect, it } from 'vitest';
import type { VaultSession } from '../../../src/ports/vault.ts';
import { TokenSearch } from '../../../src/providers/vault/search.ts';

const NAMES = Array.from({ length: 50 }, (_, n) => `cs_abcdefgh_${n}`);

/** A Vault with a token for each name; its list is counted, and held until it is let go. */
function ground() {
  let lists = 0;
  let letGo: () => void = () => undefined;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  const call: VaultSession['call'] = async ({ method, body }) => {
    if (method === 'LIST') {
      lists += 1;
      await free;
    }
    const meta = {
      countersign: (body as { accessor?: string } | undefined)?.accessor ?? '',
      path: 'p',
    };
    return { status: 200, data: { keys: NAMES, meta }, auth: {}, errors: [] } as never;
  };
  let now = 0;
  const search = new TokenSearch(
    { call } as VaultSession,
    () => true,
    () => (now += 1),
  );
  return { search, letGo, lists: () => lists };
}

it('many who ask at once are answered by two searches at most', async () => {
  const { search, letGo, lists } = ground();
  const asked = NAMES.map((name) => search.find(name, AbortSignal.timeout(10_000)));
  letGo();
  const found = await Promise.all(asked);
  expect(found.map((owned) => owned.map(({ name }) => name))).toEqual(NAMES.map((name) => [name]));
  expect(lists()).toBeLessThanOrEqual(2);
});

it('a search goes on when who waits for it gives up, and answers the next attempt', async () => {
  const { search, letGo, lists } = ground();
  const first = search.find('cs_abcdefgh_7', AbortSignal.abort());
  await expect(first).rejects.toMatchObject({ code: 'provider_unavailable' });
  letGo();
  const again = await search.find('cs_abcdefgh_7', AbortSignal.timeout(10_000));
  expect(again).toHaveLength(1);
  expect(lists()).toBe(1);
});

it('what a search saw before somebody asked is no answer to them', async () => {
  const { search, letGo, lists } = ground();
  letGo();
  await search.find('cs_abcdefgh_1', AbortSignal.timeout(10_000));
  await search.find('cs_abcdefgh_2', AbortSignal.timeout(10_000));
  expect(lists()).toBe(2);
});
