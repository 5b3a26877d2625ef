import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRemoteKeys } from '../../src/keys/remote-keys.ts';
import { doctorChecks } from '../../src/main/run-doctor.ts';
import { rotateKeyOf } from '../../src/main/run-key-rotate.ts';
import { newKey } from '../keys/support.ts';
import type { TestBroker } from '../support/broker.ts';
import { openSceneWithTwin } from './scene.ts';
import { ask, call, decoded, introspect, type Party, PATIENT, SOON, tokenFor } from './wire.ts';

let scene: Awaited<ReturnType<typeof openSceneWithTwin>>;
let broker: TestBroker;
let twin: TestBroker;
let agent: Party;
let server: Party;
beforeAll(async () => {
  scene = await openSceneWithTwin();
  ({ broker, twin, agent, server } = scene);
});
afterAll(() => scene.stop());

const sql = (text: string) => broker.store.asSuperuser(text);
const kidOf = (token: string) => String(decoded(token).header['kid']);

async function published(of: TestBroker): Promise<string[]> {
  const { body } = await ask(`${of.url}/.well-known/jwks.json`);
  return (body['keys'] as { kid: string }[]).map(({ kid }) => kid);
}

const works = async (of: TestBroker, token: string) =>
  (await call(of, '/v1/scopes', token)).status === 200;

/** Moves the times of the keys back by so many seconds, as if they had passed, at every process. */
async function pass(seconds: number): Promise<void> {
  await sql(
    `update countersign.signing_keys set created_at = created_at - interval '${seconds} s',
       signs_from = signs_from - interval '${seconds} s',
       leaves_at = leaves_at - interval '${seconds} s'`,
  );
  await heard();
}

/** What the feed announced, and the job that follows it, are through at both. */
async function heard(): Promise<void> {
  const kid = await sql(`with g as (update countersign.gate set epoch = epoch + 1 returning epoch)
    insert into countersign.feed (epoch, kind, target) select epoch, 'signing_key', 'none' from g`);
  expect(kid).toEqual([]);
  for (const { composed } of [broker, twin]) await composed.broker.feed.catchUp();
}

describe('K1: a scheduled rotation', () => {
  it('publishes the new key the cache time before it signs, and the old one to the last exp', async () => {
    const [before] = await published(broker);
    const old = await tokenFor(broker, agent, 'shop-staging:read');
    const { headers } = await ask(`${broker.url}/.well-known/jwks.json`);
    const cacheSeconds = Number(/max-age=(\d+)/.exec(headers.get('cache-control') ?? '')?.[1]);
    expect(cacheSeconds).toBeGreaterThan(0);

    const startedAt = Date.now();
    const rotated = await rotateKeyOf(broker.config, { emergency: false });
    const waits = Date.parse(rotated.signs_from) - startedAt;
    expect(waits).toBeGreaterThan(cacheSeconds * 1000);
    for (const one of [broker, twin]) {
      await expect.poll(() => published(one), SOON).toEqual([before, rotated.kid]);
      expect(kidOf(await tokenFor(one, agent))).toBe(before);
    }
    // A second one at once would overtake the cache of the first.
    await expect(rotateKeyOf(broker.config, { emergency: false })).rejects.toMatchObject({
      code: 'conflict',
    });

    await pass(waits / 1000 + 5);
    for (const one of [broker, twin]) {
      await expect.poll(async () => kidOf(await tokenFor(one, agent)), SOON).toBe(rotated.kid);
      expect((await published(one)).sort()).toEqual([String(before), rotated.kid].sort());
      expect(await works(one, old)).toBe(true);
    }
    // The longest token there can be: a task lives 8 h, and no token outlives its task.
    const [row] = await sql(
      `select extract(epoch from leaves_at - now())::float8 as left from countersign.signing_keys
       where kid = '${before}'`,
    );
    expect(row?.['left']).toBeGreaterThan(8 * 3600);
    await pass(8 * 3600 - 60);
    expect((await published(broker)).length).toBe(2);
    await pass(300);
    for (const one of [broker, twin]) {
      await expect.poll(() => published(one), SOON).toEqual([rotated.kid]);
      expect(await works(one, old)).toBe(false);
    }
    // Its private half is gone from the store as well.
    expect(
      await sql(`select sealed from countersign.signing_keys where kid = '${before}'`),
    ).toEqual([{ sealed: '' }]);
  });

  it('outlives a restart in every phase', async () => {
    const [before = ''] = await published(broker);
    const rotated = await rotateKeyOf(broker.config, { emergency: false });
    const first = await broker.twin(PATIENT);
    expect(kidOf(await tokenFor(first, agent))).toBe(before);
    expect(await published(first)).toEqual([before, rotated.kid]);
    await first.stop();
    await pass(600);
    const second = await broker.twin(PATIENT);
    expect(kidOf(await tokenFor(second, agent))).toBe(rotated.kid);
    expect((await published(second)).sort()).toEqual([before, rotated.kid].sort());
    await second.stop();
  });
});

describe('K1: an emergency', () => {
  it('removes the old keys: tokens under them fail at every process, within the window', async () => {
    const old = await tokenFor(broker, agent, 'shop-staging:read');
    const audience = await tokenFor(broker, agent, 'reports:read');
    expect((await introspect(twin, server, audience)).body['active']).toBe(true);
    const gone = await published(broker);
    const rotated = await rotateKeyOf(broker.config, { emergency: true });
    expect([...rotated.removed].sort()).toEqual([...gone].sort());
    // The window: the feed is heard within 2 s, or the process refuses everything.
    for (const one of [broker, twin]) {
      await one.composed.broker.feed.catchUp();
      expect(await works(one, old)).toBe(false);
      await expect.poll(() => published(one), SOON).toEqual([rotated.kid]);
      const fresh = await tokenFor(one, agent, 'shop-staging:read');
      expect([kidOf(fresh), await works(one, fresh), await works(one, old)]).toEqual([
        rotated.kid,
        true,
        false,
      ]);
      expect((await introspect(one, server, audience)).body).toEqual({ active: false });
    }
    const entries = await (await broker.operator()).call('listAudit', {
      query: { action: 'signing_key.removed' },
    });
    expect(entries.items.map(({ subject }) => subject).sort()).toEqual(
      gone.map((kid) => `signing_key:${kid}`).sort(),
    );
  });

  it('a process that cannot hear of it publishes and accepts nothing', async () => {
    const token = await tokenFor(broker, agent, 'shop-staging:read');
    const deaf = await broker.twin({
      limits: { feedMaxAgeMs: -1 },
    });
    expect((await ask(`${deaf.url}/.well-known/jwks.json`)).status).toBe(503);
    expect((await call(deaf, '/v1/scopes', token)).status).toBe(503);
    await deaf.stop();
  });
});

it('K1: no private member is ever published, in no phase', async () => {
  await rotateKeyOf(broker.config, { emergency: false });
  await expect.poll(async () => (await published(broker)).length, SOON).toBe(2);
  const { body } = await ask(`${broker.url}/.well-known/jwks.json`);
  for (const key of body['keys'] as object[]) {
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  }
});

describe('K1: unknown kids at a JWKS of somebody else', () => {
  const known = newKey('ES256', 'known');
  const minutes = 12;

  it.each([
    ['that answers', { value: { keys: [known.jwk] } }],
    ['that fails', { problem: 'away' }],
  ])('cost one look a minute at most, %s', async (_name, answer) => {
    let now = 0;
    const looks: number[] = [];
    const fetchJson = () => {
      looks.push(now);
      return Promise.resolve(answer);
    };
    const remote = createRemoteKeys({ fetchJson }, () => now);
    // Ten a second, each with a kid of its own, for twelve minutes.
    for (; now < minutes * 60_000; now += 100) await remote.keysOf('https://idp/jwks', `k${now}`);
    // The first fetch, and then one look a minute; the first look may come right after the first fetch.
    expect(looks.length).toBeLessThanOrEqual(1 + minutes);
    const refetches = looks.slice(1);
    for (const [index, at] of refetches.entries()) {
      if (index > 0) expect(at - (refetches[index - 1] ?? 0)).toBeGreaterThan(60_000);
    }
  });
});

it('doctor shows the age of every key', async () => {
  await sql(`update countersign.signing_keys set created_at = now() - interval '100 days',
    signs_from = null where retired_at is null and leaves_at is null`);
  const checks = await doctorChecks(broker.config);
  const keys = checks.filter(({ id }) => id.startsWith('signing-key:'));
  expect(keys.map(({ level }) => level)).toContain('warn');
  expect(keys.find(({ level }) => level === 'warn')?.next).toContain('countersign key rotate');
});

afterEach(async () => {
  for (const { composed } of [broker, twin]) await composed.broker.feed.catchUp();
});
