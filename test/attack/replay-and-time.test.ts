import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUpkeep } from '../../src/store/upkeep.ts';
import { createPool } from '../../src/store/pool.ts';
import { newKey } from '../keys/support.ts';
import { openSceneWithTwin } from '../standards/scene.ts';
import { flippedSignature } from '../standards/second-signature.ts';
import {
  type Answer,
  assertionBy,
  call,
  credentials,
  decoded,
  introspect,
  mint,
  mintWith,
  type Params,
  partyOf,
  PATIENT,
  SOON,
  type Party,
  postForm,
  tokenFor,
} from '../standards/wire.ts';
import type { TestBroker } from '../support/broker.ts';

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

/** Each use of an assertion there is: whose it is, and whether it was taken. */
const USES: Record<
  string,
  { by: () => Party; use(at: TestBroker, proof: string): Promise<Answer> }
> = {
  'a token without scopes': { by: () => agent, use: (at, proof) => mintWith(at, proof) },
  'a token of a task': {
    by: () => agent,
    use: (at, proof) => mintWith(at, proof, { scope: 'shop-staging:read' }),
  },
  'a scope that is denied': {
    by: () => agent,
    use: (at, proof) => mintWith(at, proof, { scope: 'shop:correct' }),
  },
  'a task that does not exist': {
    by: () => agent,
    use: (at, proof) => {
      const details = [{ type: 'task', task_id: `tsk_${'0'.repeat(26)}` }];
      return mintWith(at, proof, { authorization_details: JSON.stringify(details) });
    },
  },
  'a grant this client may not use': { by: () => server, use: (at, proof) => mintWith(at, proof) },
  introspection: { by: () => server, use: (at, proof) => form(at, 'introspect', proof) },
  'introspection by an agent': {
    by: () => agent,
    use: (at, proof) => form(at, 'introspect', proof),
  },
  revocation: { by: () => agent, use: (at, proof) => form(at, 'revoke', proof) },
  "revocation of another's token": {
    by: () => server,
    use: async (at, proof) => form(at, 'revoke', proof, await tokenFor(broker, agent)),
  },
};

const form = (at: TestBroker, path: string, proof: string, token = 'x') =>
  postForm(`${at.url}/oauth/${path}`, { ...credentials(proof), token });
const isReplay = ({ status, body }: Answer) => status === 401 && body['error'] === 'invalid_client';

describe('an assertion works once', () => {
  const uses = Object.keys(USES);
  it.each(uses.flatMap((first) => uses.map((second) => [first, second] as const)))(
    'after %s it is refused for %s, on either broker',
    async (first, second) => {
      const [one, two] = [USES[first], USES[second]];
      const party = one?.by();
      if (!one || !two || !party) throw new Error('no such use');
      const proof = assertionBy(broker, party);
      const answer = await one.use(broker, proof);
      if (first !== 'introspection by an agent') expect(isReplay(answer)).toBe(false);
      expect(isReplay(await two.use(broker, proof))).toBe(true);
      expect(isReplay(await two.use(twin, proof))).toBe(true);
    },
  );

  it.each(uses.filter((name) => name !== 'introspection by an agent'))(
    'exactly one of twenty at once on two brokers: %s',
    async (name) => {
      const use = USES[name];
      if (!use) throw new Error('no such use');
      const proof = assertionBy(broker, use.by());
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => use.use(n % 2 ? broker : twin, proof)),
      );
      expect(answers.filter((answer) => !isReplay(answer))).toHaveLength(1);
    },
  );

  it('exactly one over all uses at once', async () => {
    const proof = assertionBy(broker, agent);
    const own = Object.values(USES).filter((use) => use.by() === agent);
    const answers = await Promise.all(
      own.flatMap((use) => [use.use(broker, proof), use.use(twin, proof)]),
    );
    expect(answers.filter((answer) => !isReplay(answer)).length).toBeLessThanOrEqual(1);
    expect(isReplay(await mintWith(broker, proof))).toBe(true);
  });

  it('whatever mix of assertions comes in parallel: each at most once, none lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(4), { minLength: 2, maxLength: 16 }), async (order) => {
        const proofs = Array.from({ length: 5 }, () => assertionBy(broker, agent));
        const answers = await Promise.all(
          order.map(async (which, n) => ({
            which,
            status: (await mintWith(n % 2 ? broker : twin, proofs[which] ?? '')).status,
          })),
        );
        for (const which of new Set(order)) {
          const taken = answers.filter((one) => one.which === which && one.status === 200);
          expect(taken).toHaveLength(1);
        }
      }),
      { numRuns: 12, includeErrorInReport: true },
    );
  });

  it('in its other signature it is the same assertion', async () => {
    const proof = assertionBy(broker, agent);
    expect((await mintWith(broker, proof)).status).toBe(200);
    expect(isReplay(await mintWith(broker, flippedSignature(proof)))).toBe(true);
  });
  it('with another content but the same jti it is refused as well', async () => {
    const claims = { jti: randomUUID() };
    expect((await mintWith(broker, assertionBy(broker, agent, { claims }))).status).toBe(200);
    const later = { ...claims, exp: Math.floor(Date.now() / 1000) + 200 };
    expect(isReplay(await mintWith(broker, assertionBy(broker, agent, { claims: later })))).toBe(
      true,
    );
  });
  it('a restart forgets nothing', async () => {
    const first = await broker.twin(PATIENT);
    const proof = assertionBy(broker, agent);
    expect((await mintWith(first, proof)).status).toBe(200);
    await first.stop();
    const again = await broker.twin(PATIENT);
    expect(isReplay(await mintWith(again, proof))).toBe(true);
    await again.stop();
  });
  it('each denial but no replay is in the chain', async () => {
    // Of no team: no rule allows it anything that reads.
    const stranger = partyOf(await broker.agent([]));
    const count = async () => {
      const rows = await broker.store.asSuperuser<{ n: number }>(
        'select count(*)::int as n from countersign.audit_entries where subject = $1',
        [stranger.id],
      );
      return rows[0]?.n ?? 0;
    };
    const proof = assertionBy(broker, stranger);
    const before = await count();
    await mintWith(broker, proof, { scope: 'shop:read' });
    expect(await count()).toBe(before + 1);
    await mintWith(broker, proof, { scope: 'shop:read' });
    expect(await count()).toBe(before + 1);
  });
});

describe('nobody can burn what is not theirs', () => {
  const attacks: [
    string,
    (claims: Record<string, unknown>) => Promise<string> | string,
    Params?,
  ][] = [
    ['a foreign key', (claims) => assertionBy(broker, agent, { claims, key: newKey('ES256') })],
    [
      'a foreign key under the same kid',
      (claims) => assertionBy(broker, agent, { claims, key: newKey('ES256', agent.key.kid) }),
    ],
    ['another client', (claims) => assertionBy(broker, server, { claims })],
    [
      'another client in its name',
      (claims) =>
        assertionBy(broker, server, { claims: { ...claims, iss: agent.id, sub: agent.id } }),
    ],
    ['a captured assertion, cut', (claims) => assertionBy(broker, agent, { claims }).slice(0, -2)],
    [
      'a captured assertion, its signature zeroed',
      (claims) => assertionBy(broker, agent, { claims }).replace(/[^.]+$/, 'A'.repeat(86)),
    ],
    ['an expired one', (claims) => assertionBy(broker, agent, { claims: { ...claims, exp: 1 } })],
    [
      'a wrong audience',
      (claims) => assertionBy(broker, agent, { claims: { ...claims, aud: 'x' } }),
    ],
    ['a wrong typ', (claims) => assertionBy(broker, agent, { claims, header: { typ: 'at+jwt' } })],
  ];
  it.each(attacks)('%s leaves the jti free', async (_name, attack) => {
    const claims = { jti: randomUUID() };
    const proof = await attack(claims);
    for (const path of ['introspect', 'revoke']) await form(broker, path, proof);
    await Promise.all([mintWith(broker, proof), mintWith(twin, proof)]);
    expect((await mintWith(broker, assertionBy(broker, agent, { claims }))).status).toBe(200);
  });
  it('nor by sending a good assertion with a bad request', async () => {
    const proof = assertionBy(broker, agent);
    const answers = [
      await postForm(`${broker.url}/oauth/token`, { ...credentials(proof) }),
      await mintWith(broker, proof, { scope: 'not a scope' }),
      await mintWith(broker, proof, { client_id: server.id }),
      await postForm(`${broker.url}/oauth/introspect`, credentials(proof)),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 401, 400]);
    expect((await mintWith(broker, proof)).status).toBe(200);
  });
});

describe('the clock of the database decides', () => {
  const later = (by: string) =>
    broker.store.asSuperuser(
      `update countersign.high_water set at = clock_timestamp() + interval '${by}'`,
    );
  /** Waits until a broker has seen the time of its store. */
  const seen = (at: TestBroker, aheadMs: number) =>
    expect.poll(() => at.composed.broker.clock.now() - Date.now(), SOON).toBeGreaterThan(aheadMs);

  it('a stated tolerance and no more, for every broker', async () => {
    const now = Math.floor(Date.now() / 1000);
    for (const [claims, status] of [
      [{ iat: now + 55, nbf: now + 55 }, 200],
      [{ iat: now + 90 }, 401],
      [{ nbf: now + 90 }, 401],
      [{ exp: now + 320 }, 200],
      [{ exp: now + 360 }, 401],
      [{ exp: now - 1 }, 401],
    ] as const) {
      for (const at of [broker, twin]) {
        const answer = await mintWith(at, assertionBy(broker, agent, { claims }));
        expect([claims, answer.status]).toEqual([claims, status]);
      }
    }
  });

  it('the mark of time moves with the clock and never back', async () => {
    const { databaseUrl } = broker.config;
    if (!databaseUrl) throw new Error('no store');
    const pool = createPool({ url: databaseUrl, poolSize: 1 });
    const upkeep = createUpkeep(pool);
    const distance = async () => {
      const rows = await broker.store.asSuperuser<{ ms: number }>(
        'select extract(epoch from at - clock_timestamp())::float8 * 1000 as ms from countersign.high_water',
      );
      return rows[0]?.ms ?? 0;
    };
    await later('-1 hour');
    await upkeep.raiseHighWater();
    expect(await distance()).toBeGreaterThan(-5_000);
    await later('30 seconds');
    await upkeep.raiseHighWater();
    expect(await distance()).toBeGreaterThan(20_000);
    await pool.end();
    await later('0 seconds');
  });

  it('a clock set back brings nothing back: not here, not in a new process', async () => {
    const old = await tokenFor(broker, agent, 'shop-staging:read');
    const self = await tokenFor(broker, agent);
    const reports = await tokenFor(broker, agent, 'reports:read');
    const proof = assertionBy(broker, agent);
    expect((await call(twin, '/v1/scopes', old)).status).toBe(200);
    // A broker saw this time, and then the clock was set back by an hour: to now.
    await later('1 hour');
    for (const at of [broker, twin]) await seen(at, 3_000_000);
    const fresh = await broker.twin(PATIENT);
    for (const at of [broker, twin, fresh]) {
      for (const token of [old, self])
        expect((await call(at, '/v1/scopes', token)).status).toBe(401);
      expect(isReplay(await mintWith(at, proof))).toBe(true);
      const claims = {
        iat: Math.floor(Date.now() / 1000) + 3600,
        exp: Math.floor(Date.now() / 1000) + 3660,
      };
      const inTime = assertionBy(broker, server, { claims });
      const answer = await form(at, 'introspect', inTime, reports);
      expect([answer.status, answer.text]).toEqual([200, '{"active":false}']);
    }
    const { claims: dead } = decoded(old);
    await expect
      .poll(async () => {
        const [row] = await broker.store.asSuperuser<{ state: string }>(
          'select state from countersign.tasks where id = $1',
          [dead['task_id']],
        );
        return row?.state;
      }, SOON)
      .toBe('expired');
    // Even where the store's own mark were lost, these processes go on from what they have seen.
    await later('0 seconds');
    await broker.composed.broker.feed.catchUp();
    expect((await mint(broker, agent)).status).toBe(401);
    expect((await call(broker, '/v1/scopes', old)).status).toBe(401);
    const restarted = await broker.twin(PATIENT);
    expect((await call(restarted, '/v1/scopes', old)).status).toBe(401);
    expect((await mint(restarted, agent)).status).toBe(200);
    expect((await introspect(restarted, server, reports)).body['active']).toBe(false);
    await Promise.all([restarted.stop(), fresh.stop()]);
  });
});
