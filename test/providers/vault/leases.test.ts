import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { must, post } from '../../support/vault/api.ts';
import {
  type LeaseGround,
  newLease,
  openLeases,
  type RecordedLease,
  requestFor,
  scopeOf,
  TOKEN_ROLE,
} from '../../support/vault/leases.ts';
import { everythingSaid } from '../../support/vault/set-up.ts';
import { sayWorlds, VAULT_WORLDS } from '../../support/vault/worlds.ts';

sayWorlds();

/** Where an issue dies; `after` the handle of that number was recorded, or before it was. */
class Crash extends Error {}

describe.each(VAULT_WORLDS)('leases at $name', (world) => {
  let ground: LeaseGround;
  beforeAll(async () => {
    ground = await openLeases(world);
  });
  afterAll(() => ground.stop());

  const issue = (lease: RecordedLease, constraints: object = {}) =>
    ground.provider.issue(requestFor(ground, lease, scopeOf(constraints)));
  const revoke = (lease: RecordedLease) => ground.provider.revoke(requestFor(ground, lease));
  const owned = async (limit = 100) => {
    const names: string[] = [];
    for (let after: string | undefined; ; ) {
      const request = requestFor(ground, newLease());
      const page = await ground.provider.listOwned(request, { limit, ...(after && { after }) });
      names.push(...page.names);
      if (page.next === undefined) return names;
      after = page.next;
    }
  };
  const accessorOf = (lease: RecordedLease) =>
    (JSON.parse(lease.outsideHandle ?? '{}') as { accessor: string }).accessor;
  const leaseOf = (lease: RecordedLease) =>
    (JSON.parse(lease.outsideHandle ?? '{}') as { lease: string }).lease;
  const secondsOf = async (accessor: string) =>
    (await must(ground.vault, post('auth/token/lookup-accessor', { accessor }))).data.ttl;

  it('open what the role gives, and are gone with their end', async () => {
    const lease = newLease();
    const before = await ground.logins();
    const { credential, secret } = await issue(lease);
    expect(Object.keys(credential).sort()).toEqual(['password', 'type', 'username']);
    expect(credential['password']).toBe(secret.reveal());
    const login = String(credential['username']);
    expect((await ground.logins()).filter((name) => !before.includes(name))).toEqual([login]);
    const tried = await ground.tryLogin(login, secret.reveal());
    expect(tried).toBe(world.real ? 'in' : undefined);
    const told: number[] = [];
    const request = { ...requestFor(ground, lease), onFirstZero: (ms: number) => told.push(ms) };
    expect(await ground.provider.revoke(request)).toMatchObject({ sessionsSeen: 0 });
    expect(told).toHaveLength(1);
    expect(await ground.logins()).toEqual(before);
    expect(await owned()).not.toContain(lease.outsideName);
    if (world.real) expect(await ground.tryLogin(login, secret.reveal())).toBe('refused');
  });

  it('end twice as well as once', async () => {
    const lease = newLease();
    await issue(lease);
    await revoke(lease);
    expect(await revoke(lease)).toMatchObject({ sessionsSeen: 0 });
  });

  it('are made once more under the same name with what was there before ended', async () => {
    const lease = newLease();
    const before = await ground.logins();
    const first = await issue(lease);
    const second = await issue(lease);
    const now = (await ground.logins()).filter((name) => !before.includes(name));
    expect(now).toEqual([second.credential['username']]);
    expect(second.credential['username']).not.toBe(first.credential['username']);
    await revoke(lease);
    expect(await ground.logins()).toEqual(before);
  });

  it('live as long as ours by the clock of Vault, whatever the role gives', async () => {
    const lease = newLease(300);
    await issue(lease);
    const left = await secondsOf(accessorOf(lease));
    expect(left).toBeGreaterThan(290);
    expect(left).toBeLessThanOrEqual(301);
    await revoke(lease);
    // A role that gives less at first is asked for more.
    const longer = newLease(600);
    await issue(longer, { path: 'database/creds/brief' });
    const { data } = await must(
      ground.vault,
      post('sys/leases/lookup', { lease_id: leaseOf(longer) }),
    );
    expect(data.ttl).toBeGreaterThan(590);
    await revoke(longer);
  });

  it('are refused where the role gives too little time, with nothing left', async () => {
    const lease = newLease(600);
    const before = await ground.logins();
    await expect(issue(lease, { path: 'database/creds/short' })).rejects.toMatchObject({
      code: 'provider_rejected',
      detail: expect.stringMatching(/gives 1[12][0-9] s at most/),
    });
    // What the broker does with a failed issue.
    await revoke(lease);
    expect(await ground.logins()).toEqual(before);
  });

  it('are renewed up to the new end, token and lease alike', async () => {
    const lease = newLease(120);
    await issue(lease, { path: 'database/creds/brief' });
    lease.expiresAt = Date.now() + 900_000;
    await ground.provider.renew(requestFor(ground, lease));
    expect(await secondsOf(accessorOf(lease))).toBeGreaterThan(890);
    const body = { lease_id: leaseOf(lease) };
    expect((await must(ground.vault, post('sys/leases/lookup', body))).data.ttl).toBeGreaterThan(
      890,
    );
    await revoke(lease);
    await expect(ground.provider.renew(requestFor(ground, lease))).rejects.toMatchObject({
      code: 'provider_rejected',
      detail: expect.stringMatching(/no longer exists/),
    });
  });

  it.each([
    ['before the accessor is on record', 0],
    ['with the accessor on record', 1],
    ['before the lease id is on record', 2],
    ['with the lease id on record', 3],
  ])('that crash %s leave nothing that an end does not find', async (_name, at) => {
    const lease = newLease();
    const before = await ground.logins();
    let crossed = 0;
    const die = () => {
      if (crossed === at) throw new Crash();
      crossed += 1;
    };
    const keep = async (handle: string) => {
      die();
      lease.outsideHandle = handle;
      die();
    };
    const crashed = ground.provider.issue(requestFor(ground, lease, scopeOf(), keep));
    await expect(crashed).rejects.toThrow(Crash);
    // A login exists exactly from the moment that its token is on record.
    expect((await ground.logins()).length).toBe(before.length + (at >= 2 ? 1 : 0));
    if (at >= 2) expect(await owned()).toContain(lease.outsideName);
    await revoke(lease);
    expect(await ground.logins()).toEqual(before);
    expect(await owned()).not.toContain(lease.outsideName);
  });

  it('without any record are found by their mark', async () => {
    const lease = newLease();
    const before = await ground.logins();
    await issue(lease);
    expect(await owned()).toContain(lease.outsideName);
    const { outsideHandle: _lost, ...forgotten } = lease;
    await revoke(forgotten);
    expect(await ground.logins()).toEqual(before);
    expect(await owned()).not.toContain(lease.outsideName);
  });

  it('of somebody else stay untouched', async () => {
    await must(
      ground.vault,
      post('auth/token/create/countersign', { ttl: '60s', meta: { countersign: 'cs_otherone_x' } }),
    );
    expect(await owned()).toEqual([]);
    const mine = newLease();
    await issue(mine);
    await revoke(mine);
    const { data } = await must(ground.vault, { method: 'LIST', path: 'auth/token/accessors' });
    const marks = await Promise.all(
      data.keys.map(async (accessor) => {
        const { body } = await ground.vault.call(post('auth/token/lookup-accessor', { accessor }));
        return body.data?.meta?.['countersign'];
      }),
    );
    expect(marks).toContain('cs_otherone_x');
  });

  it.each([
    [{ path: 'database/creds/none' }, /no role at database\/creds\/none/],
    [{ path: 'elsewhere/creds/readonly' }, /do not let it read elsewhere\/creds\/readonly/],
    [{ token_role: 'none' }, /no token role none|path "auth\/token\/create\/none"/],
    [{ type: 'aws' }, /gives no secret_key/],
  ])('%j is refused in words of its own, and nothing is left', async (constraints, words) => {
    const lease = newLease();
    const before = await ground.logins();
    const error: unknown = await issue(lease, constraints).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'provider_misconfigured',
      detail: expect.stringMatching(words),
    });
    await revoke(lease);
    expect(await ground.logins()).toEqual(before);
  });

  const setRole = async (change: object) => {
    const { data } = await must(ground.vault, { path: 'database/roles/brief' });
    await must(ground.vault, post('database/roles/brief', { ...data, ...change }));
    return () => must(ground.vault, post('database/roles/brief', data));
  };
  const brief = { path: 'database/creds/brief' };

  // What only a database behind it can do.
  it.runIf(world.real)(
    'whose end fails behind Vault are tried again until they are gone',
    async () => {
      const lease = newLease();
      const before = await ground.logins();
      await issue(lease, brief);
      const mend = await setRole({ revocation_statements: ['SELECT 1/0;'] });
      await expect(revoke(lease)).rejects.toMatchObject({
        code: 'provider_unavailable',
        detail: expect.stringMatching(/could not end the lease/),
      });
      expect((await ground.logins()).length).toBe(before.length + 1);
      await mend();
      await revoke(lease);
      expect(await ground.logins()).toEqual(before);
    },
  );

  it.runIf(world.real)('that cannot be made behind Vault are told from a wrong path', async () => {
    const mend = await setRole({ creation_statements: ['SELECT 1/0;'] });
    const lease = newLease();
    const error: unknown = await issue(lease, brief).catch((caught: unknown) => caught);
    await mend();
    expect(error).toMatchObject({
      code: expect.stringMatching(/^provider_(rejected|unavailable)$/),
    });
    expect(everythingSaid(error)).not.toMatch(/division|SELECT/);
    await revoke(lease);
  });

  it.each([
    [{ orphan: false }, /orphan=true/],
    [{ renewable: false }, /renewable=true/],
    [{ token_type: 'batch', renewable: false }, /batch tokens/],
    [{ token_period: '1h' }, /token_period=0/],
  ])('a token role with %j is refused', async (change, words) => {
    await must(ground.vault, post('auth/token/roles/countersign', { ...TOKEN_ROLE, ...change }));
    try {
      await expect(issue(newLease())).rejects.toMatchObject({
        code: 'provider_misconfigured',
        detail: expect.stringMatching(words),
      });
      expect(await owned()).toEqual([]);
    } finally {
      const back = { token_type: 'service', token_period: 0 };
      await must(ground.vault, post('auth/token/roles/countersign', { ...TOKEN_ROLE, ...back }));
    }
  });

  it('stop with their signal', async () => {
    const request = { ...requestFor(ground, newLease()), signal: AbortSignal.abort() };
    await expect(ground.provider.issue(request)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
  });

  it('show no secret in handle, plan or errors', async () => {
    const lease = newLease();
    const { credential, secret } = await issue(lease);
    const { auth } = JSON.parse(ground.root.value.reveal()) as { auth: { secret_id: string } };
    const plan = ground.provider.plan(requestFor(ground, lease)).join('\n');
    expect(plan).toContain(lease.outsideName);
    const error: unknown = await issue(lease, { path: 'database/creds/none' }).catch(
      (e: unknown) => e,
    );
    const said = `${lease.outsideHandle}${plan}${everythingSaid(error)}`;
    for (const text of [secret.reveal(), String(credential['password']), auth.secret_id, 'hvs.']) {
      expect(said).not.toContain(text);
    }
    await revoke(lease);
  });
});
