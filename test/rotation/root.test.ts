import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Broker } from '../../src/broker/context.ts';
import { finishRotations } from '../../src/broker/finish-rotation.ts';
import { rotateRoot } from '../../src/broker/rotate-root.ts';
import { providerFailed } from '../../src/domain/errors.ts';
import { Secret } from '../../src/domain/secret.ts';
import { doctorChecks } from '../../src/main/run-doctor.ts';
import type { AnyProvider } from '../../src/ports/provider.ts';
import { borrow, type Ground, logIn, openGround } from '../broker/ground.ts';
import type { TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { startOwnServer } from '../support/own-server.ts';

const SECRET = 'shop-staging/admin-url';
const RESOURCE = 'shop-staging';
const OPERATOR = { type: 'operator', id: 'opr_host', role: 'admin' } as const;
const params = { name: RESOURCE };

/** What the admin URL is now, whole. */
async function currentUrl({ broker }: TestBroker['composed']): Promise<string> {
  const { current, pending } = await broker.rotations.roots(SECRET);
  expect(pending).toBeUndefined();
  return current.value.reveal();
}

const works = (url: string): Promise<boolean> =>
  logIn(url).then(
    (client) => client.end().then(() => true),
    () => false,
  );

/** The broker with another provider for PostgreSQL. */
function withProvider(broker: Broker, change: (real: AnyProvider) => AnyProvider): Broker {
  const real = broker.providers.get('postgres');
  if (!real) throw new Error('no provider');
  return { ...broker, providers: new Map([['postgres', change(real)]]) };
}

/** Puts a next value on record as a process would that died right after. */
async function leavePending({ broker }: TestBroker['composed'], claimMs: number): Promise<void> {
  const { current } = await broker.rotations.roots(SECRET);
  const value = await broker.providers.get('postgres')?.nextRoot?.(current);
  await broker.rotations.begin(
    SECRET,
    { value: value ?? new Secret(''), kind: 'postgres' },
    claimMs,
    (generation) => ({
      actor: 'opr_host',
      action: 'secret.rotating',
      subject: `secret:${SECRET}`,
      detail: { generation },
    }),
  );
}

describe('rotate-root', () => {
  let ground: Ground;
  let twin: TestBroker;
  beforeAll(async () => {
    ground = await openGround();
    twin = await ground.broker.twin();
  });
  afterAll(() => Promise.all([ground.broker.stop(), twin.stop()]));

  it('ends the old password; live leases go on, and are issued and revoked after it', async () => {
    const old = await currentUrl(ground.broker.composed);
    const agent = await ground.broker.agent();
    const held = await borrow(agent);
    const session = await logIn(held.url);
    const rotated = await ground.admin.call('rotateRoot', { params });
    expect(rotated).toEqual({
      resource: RESOURCE,
      secret: SECRET,
      generation: 2,
      old_refused: true,
    });
    const next = await currentUrl(ground.broker.composed);
    expect([await works(old), await works(next)]).toEqual([false, true]);
    expect((await session.query('select count(*)::int as n from orders')).rows[0]?.n).toBe(500);
    await session.end();
    const later = await borrow(agent);
    for (const { lease } of [held, later]) {
      await twin.composed.broker.feed.catchUp();
      await ground.admin.call('revoke', { body: { lease, reason: 'done' } });
      await expect.poll(() => ground.stateOf(lease), { timeout: 15_000 }).toBe('revoked');
    }
    expect(await ground.roles()).toEqual([]);

    const { items } = await ground.admin.call('listAudit', {
      query: { subject: `secret:${SECRET}` },
    });
    expect(items.slice(0, 2).map(({ action, detail }) => [action, detail])).toEqual([
      ['secret.rotated', { generation: 2, old_refused: true }],
      ['secret.rotating', { generation: 2, resource: RESOURCE }],
    ]);
    const said = JSON.stringify(items) + ground.broker.log.join('') + JSON.stringify(rotated);
    expect([old, next, new URL(next).password].filter((text) => said.includes(text))).toEqual([]);
  });

  it('of two brokers at once one wins', async () => {
    const { generation } = await ground.admin.call('rotateRoot', { params });
    const there = await twin.operator();
    const both = await Promise.allSettled([
      ground.admin.call('rotateRoot', { params }),
      there.call('rotateRoot', { params }),
    ]);
    const won = both.filter((one) => one.status === 'fulfilled').map(({ value }) => value);
    const lost = both.filter((one) => one.status === 'rejected');
    // One after the other is fine too: each then made a generation of its own.
    expect(won.length).toBeGreaterThan(0);
    expect(won.map((one) => one.generation).sort()).toEqual(
      won.map((_, index) => generation + 1 + index),
    );
    for (const { reason } of lost) expect(reason).toMatchObject({ code: 'conflict' });
    expect(await works(await currentUrl(twin.composed))).toBe(true);
    await borrow(await ground.broker.agent());
  });

  it('while one is being worked on nobody else rotates, sets or deletes', async () => {
    const before = await currentUrl(ground.broker.composed);
    await leavePending(ground.broker.composed, 60_000);
    const body = { value: 'postgres://x:y@127.0.0.1/z' };
    for (const call of [
      () => ground.admin.call('rotateRoot', { params }),
      () => ground.admin.call('setSecret', { params: { name: SECRET }, body }),
      () => ground.admin.call('deleteSecret', { params: { name: SECRET } }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'conflict' });
    }
    // It goes on being used meanwhile, with the value that works.
    await borrow(await ground.broker.agent());
    await ground.broker.store.asSuperuser(
      'update countersign.root_rotations set claimed_until = now()',
    );
    // Whoever asks next finishes what is on record.
    await ground.admin.call('rotateRoot', { params });
    expect([await works(before), await works(await currentUrl(ground.broker.composed))]).toEqual([
      false,
      true,
    ]);
  });

  it('an operator may set another value over one that nobody can finish', async () => {
    const value = await currentUrl(ground.broker.composed);
    await leavePending(ground.broker.composed, 0);
    await ground.admin.call('setSecret', { params: { name: SECRET }, body: { value } });
    expect(await currentUrl(ground.broker.composed)).toBe(value);
    expect(await finishRotations(ground.broker.composed.broker)).toBe(0);
    expect(await works(value)).toBe(true);
  });

  it('a clear no leaves everything as it was', async () => {
    const value = await currentUrl(ground.broker.composed);
    const broker = withProvider(ground.broker.composed.broker, (real) => ({
      ...real,
      rotateRoot: () =>
        Promise.reject(providerFailed('provider_rejected', 'The password is too old-fashioned.')),
    }));
    await expect(rotateRoot(broker, OPERATOR, RESOURCE)).rejects.toMatchObject({
      code: 'provider_rejected',
    });
    expect(await currentUrl(ground.broker.composed)).toBe(value);
    const { items } = await ground.admin.call('listAudit', {
      query: { action: 'secret.rotation_failed' },
    });
    expect(items).toHaveLength(1);
  });

  it('an unclear answer keeps both values, and the next try goes forward', async () => {
    const value = await currentUrl(ground.broker.composed);
    const { broker } = ground.broker.composed;
    const cut = withProvider(broker, (real) => ({
      ...real,
      rotateRoot: async (request) => {
        await real.rotateRoot?.(request);
        throw providerFailed('provider_unavailable', 'The line went dead.');
      },
    }));
    await expect(rotateRoot(cut, OPERATOR, RESOURCE)).rejects.toMatchObject({
      code: 'provider_unavailable',
    });
    // The old one is gone at the resource: it is the pending one that issues now.
    expect(await works(value)).toBe(false);
    await borrow(await ground.broker.agent());
    const { checks } = { checks: await doctorChecks(ground.broker.config) };
    expect(checks.find(({ id }) => id === `rotation:${SECRET}`)?.level).toBe('warn');
    await ground.broker.store.asSuperuser(
      'update countersign.root_rotations set claimed_until = now()',
    );
    expect(await finishRotations(broker)).toBe(1);
    expect(await works(await currentUrl(ground.broker.composed))).toBe(true);
  });

  it('says so where the resource asks for no password', async () => {
    const broker = withProvider(ground.broker.composed.broker, (real) => ({
      ...real,
      acceptsRoot: () => Promise.resolve(true),
    }));
    expect(await rotateRoot(broker, OPERATOR, RESOURCE)).toMatchObject({ oldRefused: false });
  });

  it('refuses what is not its to rotate', async () => {
    const { broker } = ground.broker.composed;
    await expect(rotateRoot(broker, OPERATOR, 'nowhere')).rejects.toMatchObject({
      code: 'not_found',
    });
    const resource = broker.policy.resource(RESOURCE);
    if (!resource) throw new Error('no resource');
    const reference = 'vault:kv/data/shop#admin_url';
    const elsewhere = {
      ...resource,
      connection: { ...resource.connection, url: { secret: reference } },
    };
    const policy = { ...broker.policy, resource: () => elsewhere };
    await expect(rotateRoot({ ...broker, policy }, OPERATOR, RESOURCE)).rejects.toMatchObject({
      code: 'conflict',
      detail: expect.stringMatching(/vault:kv.*not kept in this broker/),
    });
    const odd = withProvider(broker, ({ rotateRoot: _no, ...rest }) => rest);
    await expect(rotateRoot(odd, OPERATOR, RESOURCE)).rejects.toMatchObject({ code: 'conflict' });
    const auditor = await ground.broker.operator('auditor');
    await expect(auditor.call('rotateRoot', { params })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  it('refuses a login that another secret holds too', async () => {
    const other = new URL(await currentUrl(ground.broker.composed));
    other.pathname = '/elsewhere';
    const body = { value: other.href };
    await ground.admin.call('setSecret', { params: { name: 'reports/admin-url' }, body });
    await expect(ground.admin.call('rotateRoot', { params })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('reports/admin-url'),
    });
    await ground.admin.call('deleteSecret', { params: { name: 'reports/admin-url' } });
    await ground.admin.call('rotateRoot', { params });
  });
});

it('a server that is killed in the middle of it is found again with one of the two', async () => {
  const server = await startOwnServer();
  const database = await server.createDatabase('shop');
  const root = await logIn(server.url(database));
  await root.query("create role adm login createrole password 'first'");
  await root.end();
  const ground = await openGround({ bundle: SHOP_BUNDLE });
  const body = { value: server.url(database, 'adm', 'first') };
  await ground.admin.call('setSecret', { params: { name: SECRET }, body });
  const killing = withProvider(ground.broker.composed.broker, (real) => ({
    ...real,
    rotateRoot: async (request) => {
      await real.rotateRoot?.(request);
      server.kill();
    },
  }));
  await expect(rotateRoot(killing, OPERATOR, RESOURCE)).rejects.toMatchObject({
    code: 'provider_unavailable',
  });
  await ground.broker.store.asSuperuser(
    'update countersign.root_rotations set claimed_until = now()',
  );
  // By this call or by the broker's own job, whichever gets to it first.
  const { rotations } = ground.broker.composed.broker;
  const unfinished = async () => {
    await finishRotations(ground.broker.composed.broker).catch(() => undefined);
    return (await rotations.unfinished()).length;
  };
  await expect.poll(unfinished, { timeout: 20_000 }).toBe(0);
  const url = await currentUrl(ground.broker.composed);
  expect([await works(url), await works(body.value)]).toEqual([true, false]);
  await ground.broker.stop();
  await server.stop();
});
