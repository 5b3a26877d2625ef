import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RemoteSecrets } from '../../../src/ports/secrets.ts';
import { createSecretSources } from '../../../src/secrets/secret-sources.ts';
import { createVaultSecrets } from '../../../src/secrets/vault/vault-secrets.ts';
import { must, post } from '../../support/vault/api.ts';
import { type FakeVault, startFakeVault } from '../../support/vault/fake.ts';
import {
  appRole,
  CANARY,
  everythingSaid,
  READ_KV,
  sessionAt,
  setUpAppRole,
  setUpSecrets,
  type TestSession,
} from '../../support/vault/set-up.ts';
import { type RunningVault, sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

const FRESH_MS = 30_000;
const STALE_MS = 600_000;

function secretsOf(at: TestSession): RemoteSecrets {
  const { session, monotonicMs } = at;
  return createVaultSecrets({ session, monotonicMs, freshMs: FRESH_MS, staleMs: STALE_MS });
}

describe.each(VAULT_WORLDS)('secrets kept in $name', ({ start }) => {
  let vault: RunningVault;
  let role: Awaited<ReturnType<typeof setUpAppRole>>;
  let at: TestSession;
  let secrets: RemoteSecrets;
  beforeAll(async () => {
    vault = await start();
    await setUpSecrets(vault);
    await must(vault, post('sys/mounts/transit', { type: 'transit' }));
    role = await setUpAppRole(vault, { ...READ_KV, 'transit/*': ['read'] });
  });
  afterAll(() => vault.stop());
  beforeEach(async () => {
    at = sessionAt(vault, appRole(role.roleId, (await role.secretId()).secret_id));
    secrets = secretsOf(at);
  });

  const refusal = async (name: string) => {
    const error: unknown = await secrets.read(name).catch((caught: unknown) => caught);
    expect(everythingSaid(error)).not.toContain('canary');
    return error;
  };

  it('are read from both versions of the engine', async () => {
    expect((await secrets.read('vault:kv/data/shop#admin_url')).value.reveal()).toBe(CANARY);
    expect((await secrets.read('vault:old/shop#admin_url')).value.reveal()).toBe(CANARY);
  });

  it('have a generation per version, seen after the stated time and never before', async () => {
    const name = 'vault:kv/data/turning#value';
    const write = (value: string) => must(vault, post('kv/data/turning', { data: { value } }));
    await write('one');
    const first = await secrets.read(name);
    await write('two');
    expect(await secrets.read(name)).toBe(first);
    at.advance(FRESH_MS);
    const second = await secrets.read(name);
    expect(second.value.reveal()).toBe('two');
    expect(second.generation).toBe(first.generation + 1);
    await write('three');
    expect(await secrets.refresh()).toEqual([name]);
    expect((await secrets.read(name)).value.reveal()).toBe('three');
    expect(await secrets.refresh()).toEqual([]);
    // Destroyed and made anew, Vault counts from 1 again; ours goes on.
    await must(vault, { method: 'DELETE', path: 'kv/metadata/turning' });
    await write('four');
    at.advance(FRESH_MS);
    const last = await secrets.read(name);
    expect([last.value.reveal(), last.generation > second.generation]).toEqual(['four', true]);
  });

  it('of version 1 get a new generation with a new value', async () => {
    const name = 'vault:old/turning#value';
    await must(vault, post('old/turning', { value: 'one' }));
    const first = await secrets.read(name);
    at.advance(FRESH_MS);
    expect((await secrets.read(name)).generation).toBe(first.generation);
    await must(vault, post('old/turning', { value: 'two' }));
    at.advance(FRESH_MS);
    expect((await secrets.read(name)).generation).toBe(first.generation + 1);
  });

  it.each([
    ['vault:kv/data/none#admin_url', /no secret at kv\/data\/none/],
    ['vault:kv/data/shop#wrong', /has no field wrong/],
    ['vault:kv/data/shop#port', /is no text/],
    ['vault:kv/shop#admin_url', /version 2.*vault:kv\/data\/shop#admin_url/],
    ['vault:old/data/shop#admin_url', /version 1.*vault:old\/shop#admin_url/],
    ['vault:transit/keys/x#name', /not a key-value engine/],
    ['vault:nowhere/shop#admin_url', /wrong path or namespace/],
  ])('%s is refused in words of its own', async (name, words) => {
    expect(await refusal(name)).toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringMatching(words),
    });
  });

  it('that were deleted are refused at once, and not bridged', async () => {
    const name = 'vault:kv/data/leaving#value';
    await must(vault, post('kv/data/leaving', { data: { value: 'here' } }));
    await secrets.read(name);
    await must(vault, { method: 'DELETE', path: 'kv/data/leaving' });
    await secrets.refresh();
    expect(await refusal(name)).toMatchObject({ detail: expect.stringMatching(/deleted/) });
    expect(secrets.health()).toEqual({ reasons: [] });
  });

  it('are refused with the AppRole, and health says so', async () => {
    const name = 'vault:kv/data/shop#admin_url';
    const { secret_id, accessor } = await role.secretId();
    at = sessionAt(vault, appRole(role.roleId, secret_id));
    secrets = secretsOf(at);
    await secrets.read(name);
    const self = await at.session.call({ method: 'GET', path: 'auth/token/lookup-self' });
    await must(vault, post('auth/token/revoke-accessor', { accessor: self.data['accessor'] }));
    const body = { secret_id_accessor: accessor };
    await must(vault, post('auth/approle/role/broker/secret-id-accessor/destroy', body));
    at.advance(FRESH_MS);
    expect(await refusal(name)).toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringMatching(/approle login/),
    });
    await expect(secrets.refresh()).rejects.toMatchObject({ code: 'provider_misconfigured' });
    expect(secrets.health().reasons).toEqual([
      "Vault refuses this broker's login: secrets kept there are refused",
    ]);
  });

  it('bridge a sealed Vault for the stated time, then are refused', async () => {
    const own = await start();
    try {
      await setUpSecrets(own);
      const there = await setUpAppRole(own, READ_KV);
      at = sessionAt(own, appRole(there.roleId, (await there.secretId()).secret_id));
      secrets = secretsOf(at);
      const name = 'vault:kv/data/shop#admin_url';
      const first = await secrets.read(name);
      await must(own, { method: 'POST', path: 'sys/seal' });
      at.advance(FRESH_MS);
      expect(await secrets.read(name)).toBe(first);
      expect(secrets.health()).toMatchObject({ reasons: [], awaySeconds: expect.any(Number) });
      // What was never read has nothing to bridge with.
      expect(await refusal('vault:old/shop#admin_url')).toMatchObject({
        code: 'provider_unavailable',
      });
      at.advance(STALE_MS);
      expect(await refusal(name)).toMatchObject({
        code: 'provider_unavailable',
        detail: expect.stringMatching(/longer than 600 s.*COUNTERSIGN_VAULT_STALE/),
      });
      expect(secrets.health().reasons).toEqual([
        'Vault does not answer: secrets kept there are refused',
      ]);
    } finally {
      await own.stop();
    }
  });
});

describe('the place of a secret', () => {
  const sealed = { read: async () => ({ value: { reveal: () => 'sealed' }, generation: 1 }) };

  it('is told by its name, and a Vault that is not configured is an error of its own', async () => {
    const sources = createSecretSources({ sealed: sealed as never });
    expect((await sources.read('shop/admin-url')).value.reveal()).toBe('sealed');
    await expect(sources.read('vault:kv/data/shop#admin_url')).rejects.toMatchObject({
      code: 'secret_unavailable',
      meta: { hint: { how: expect.stringContaining('COUNTERSIGN_VAULT_ADDRESS') } },
    });
  });

  it.each([
    'vault:kv/data/../../sys/raw#x',
    'vault:sys/raw/core#x',
    'vault:auth/token/lookup-self#id',
    'vault:cubbyhole/response#response',
    'vault:kv/data/shop?version=1#x',
    'vault:kv//shop#x',
    'vault:/kv/shop#x',
    'vault:kv#x',
    'vault:kv/shop',
    'vault:kv/shop#a#b',
    'vault:kv/%2e%2e/shop#x',
    'vault:kv/shop\n#x',
  ])('%j names none', async (name) => {
    const vault = { read: () => Promise.reject(new Error('asked')) };
    const sealed = { read: () => Promise.reject(new Error('not set')) };
    await expect(createSecretSources({ sealed, vault }).read(name)).rejects.toThrow('not set');
  });
});

describe('a Vault that fails', () => {
  let fake: FakeVault;
  beforeAll(async () => {
    fake = await startFakeVault();
    await setUpSecrets(fake);
  });
  afterAll(() => fake.stop());

  it.each([
    [307, {}, 'provider_misconfigured', /redirect/],
    [429, {}, 'provider_throttled', /429/],
    [500, { errors: ['pq: password=canary'] }, 'provider_unavailable', /\(500\)/],
    [503, { errors: ['Vault is sealed'] }, 'provider_unavailable', /sealed/],
    [418, { errors: ['canary'] }, 'provider_rejected', /\(418\)/],
  ])('%i is told apart, and nothing of its text is shown', async (status, body, code, words) => {
    const role = await setUpAppRole(fake, READ_KV);
    const { session } = sessionAt(fake, appRole(role.roleId, (await role.secretId()).secret_id));
    await session.call({ method: 'GET', path: 'kv/data/shop' });
    fake.answerWith({ status, body, headers: { location: 'http://169.254.169.254/' } });
    const error: unknown = await session
      .call({ method: 'GET', path: 'kv/data/shop' })
      .catch((caught: unknown) => caught);
    fake.answerWith(undefined);
    expect(error).toMatchObject({ code, detail: expect.stringMatching(words) });
    expect(everythingSaid(error)).not.toContain('canary');
  });

  it.each([
    [502, 'provider_unavailable'],
    [503, 'provider_unavailable'],
    [429, 'provider_throttled'],
  ])(
    'a load balancer that answers %i in its place says nothing about the address',
    async (status, code) => {
      const { session } = sessionAt(fake, appRole('nobody', 'nothing'));
      fake.answerWith({ status, body: {} });
      const asked = session.health();
      await expect(asked).rejects.toMatchObject({ code });
      fake.answerWith(undefined);
    },
  );

  it('is not asked again at each read while it is away', async () => {
    const role = await setUpAppRole(fake, READ_KV);
    const at = sessionAt(fake, appRole(role.roleId, (await role.secretId()).secret_id));
    const secrets = secretsOf(at);
    const name = 'vault:kv/data/shop#admin_url';
    await secrets.read(name);
    at.advance(FRESH_MS);
    fake.answerWith({ status: 503, body: { errors: ['Vault is sealed'] } });
    await secrets.read(name);
    fake.answerWith({ status: 418 });
    expect((await secrets.read(name)).value.reveal()).toBe(CANARY);
    fake.answerWith(undefined);
    at.advance(1_000);
    await secrets.read(name);
    expect(secrets.health()).toEqual({ reasons: [] });
  });
});
