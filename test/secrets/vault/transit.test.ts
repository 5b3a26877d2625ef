import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWrappedMasterKey } from '../../../src/keys/wrapped-master-key.ts';
import type { WrappedMasterKey, WrappedMasterKeyStore } from '../../../src/ports/keys.ts';
import { createTransitWrapper } from '../../../src/secrets/vault/transit.ts';
import { must, post } from '../../support/vault/api.ts';
import { appRole, everythingSaid, sessionAt, setUpAppRole } from '../../support/vault/set-up.ts';
import { type RunningVault, sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

/** As the store keeps it: the first one stays. */
function rows(): WrappedMasterKeyStore & { all: WrappedMasterKey[] } {
  const all: WrappedMasterKey[] = [];
  return {
    all,
    current: async () => all.at(-1),
    insertFirst: async (key) => {
      if (all.length === 0) all.push(key);
    },
  };
}

describe.each(VAULT_WORLDS)('a master key held by Transit of $name', ({ start }) => {
  let vault: RunningVault;
  let wrapper: ReturnType<typeof createTransitWrapper>;
  beforeAll(async () => {
    vault = await start();
    await must(vault, post('sys/mounts/transit', { type: 'transit' }));
    await must(vault, post('transit/keys/countersign', {}));
    const role = await setUpAppRole(vault, {
      'transit/encrypt/countersign': ['update'],
      'transit/decrypt/countersign': ['update'],
    });
    const { session } = sessionAt(vault, appRole(role.roleId, (await role.secretId()).secret_id));
    wrapper = createTransitWrapper(session, 'transit/countersign');
  });
  afterAll(() => vault.stop());

  const load = (store: WrappedMasterKeyStore, more: object = {}) =>
    loadWrappedMasterKey({ store, wrapper, installation: 'abcdefgh', ...more });

  it('is made once, and opened again by every process', async () => {
    const store = rows();
    const [one, two] = await Promise.all([load(store), load(store)]);
    expect(store.all).toHaveLength(1);
    expect(two.kek.equals(one.kek)).toBe(true);
    expect((await load(store)).kek.equals(one.kek)).toBe(true);
    expect(JSON.stringify(store.all)).not.toContain(one.kek.toString('base64'));
  });

  it('takes a local master key in, and refuses another one afterwards', async () => {
    const store = rows();
    const given = randomBytes(32).toString('base64url');
    const taken = await load(store, { given });
    expect((await load(store)).kek.equals(taken.kek)).toBe(true);
    expect((await load(store, { given })).kek.equals(taken.kek)).toBe(true);
    const other = randomBytes(32).toString('base64url');
    await expect(load(store, { given: other })).rejects.toThrow(
      /is not the master key that transit/,
    );
  });

  it('opens for no other installation, under no other name, by no other key', async () => {
    const store = rows();
    await load(store);
    await expect(load(store, { installation: 'otherone' })).rejects.toMatchObject({
      code: 'provider_misconfigured',
    });
    const [row] = store.all;
    if (!row) throw new Error('nothing stored');
    const forged = { ...store, current: async () => ({ ...row, id: '0'.repeat(16) }) };
    await expect(load(forged)).rejects.toMatchObject({ code: 'provider_misconfigured' });
    const foreign = { ...store, current: async () => ({ ...row, wrappedBy: 'transit/other' }) };
    await expect(load(foreign)).rejects.toThrow(/wrapped by transit\/other/);
    const damaged = { ...store, current: async () => ({ ...row, wrapped: 'vault:v1:AAAA' }) };
    const error: unknown = await load(damaged).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ detail: expect.stringMatching(/does not open with transit/) });
    expect(everythingSaid(error)).not.toContain(row.wrapped);
  });

  it('needs a policy on exactly that key', async () => {
    const role = await setUpAppRole(vault, { 'transit/encrypt/other': ['update'] });
    const { session } = sessionAt(vault, appRole(role.roleId, (await role.secretId()).secret_id));
    const blind = createTransitWrapper(session, 'transit/countersign');
    await expect(blind.wrap('x', randomBytes(32))).rejects.toMatchObject({
      detail: expect.stringContaining('path "transit/encrypt/countersign"'),
    });
  });
});
