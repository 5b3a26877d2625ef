import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyProvider, RevokeRequest } from '../../src/ports/provider.ts';
import type { TestAgent } from '../support/broker.ts';
import { borrow, type Ground, hold, issue, openGround, READ } from './ground.ts';

type Call = 'issue' | 'renew' | 'revoke' | 'watch' | 'listOwned' | 'probe';
type Act = (request: RevokeRequest) => unknown;

/** What a provider can do wrong, and how the caller then sees it. */
const WRONGS: readonly (readonly [what: string, act: Act, code: string])[] = [
  [
    'throws at once',
    () => {
      throw new Error('defect');
    },
    'provider_misconfigured',
  ],
  [
    'never answers, whatever its signal says',
    () => new Promise(() => undefined),
    'provider_unavailable',
  ],
  ['answers nonsense', () => ({ msToFirstZero: -1 }), 'provider_misconfigured'],
];

describe('a provider with a defect does not take the broker down', () => {
  let ground: Ground;
  let agent: TestAgent;
  /** What happens instead of the real call. */
  const instead = new Map<Call, Act>();
  beforeAll(async () => {
    const odd = (provider: AnyProvider): AnyProvider =>
      new Proxy(provider, {
        get: (target, name) => {
          const real = Reflect.get(target, name) as unknown;
          if (typeof real !== 'function') return real;
          return (...args: [RevokeRequest]) =>
            (instead.get(name as Call) ?? (real as (...all: unknown[]) => unknown))(...args);
        },
      });
    ground = await openGround({
      overrides: {
        limits: { issueTimeoutMs: 5_000, revokeTimeoutMs: 5_000 },
        providers: (all) => new Map([...all].map(([kind, provider]) => [kind, odd(provider)])),
      },
    });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  const readyz = async () => (await fetch(`${ground.broker.url}/readyz`)).status;
  /** So that what hangs is given up at once. */
  async function hurried<T>(ms: number, work: () => Promise<T>): Promise<T> {
    const limits: Record<string, number> = ground.broker.composed.broker.limits as never;
    const { issueTimeoutMs, revokeTimeoutMs } = limits;
    Object.assign(limits, { issueTimeoutMs: ms, revokeTimeoutMs: ms });
    try {
      return await work();
    } finally {
      Object.assign(limits, { issueTimeoutMs, revokeTimeoutMs });
    }
  }

  it.each(WRONGS)('%s', async (what, act, code) => {
    const answers = what === 'answers nonsense';
    const held = await hold(agent);
    for (const call of ['watch', 'listOwned', 'probe', 'issue', 'renew', 'revoke'] as const) {
      instead.set(call, act);
    }
    await hurried(100, async () => {
      await expect(issue(held)).rejects.toMatchObject({ code });
      await expect(
        ground.admin.call('probeResource', { params: { name: 'shop-staging' } }),
      ).rejects.toMatchObject({ code });
    });
    instead.clear();
    const lease = await borrow(agent);
    for (const call of ['renew', 'revoke', 'watch'] as const) instead.set(call, act);
    await hurried(100, async () => {
      const params = { id: lease.lease };
      const renewed = lease.client.call('renewLease', { params });
      // Renewing has no answer that could be wrong.
      if (answers) await renewed;
      else await expect(renewed).rejects.toMatchObject({ code });
      const revoking = await ground.admin.call('revokeLease', { params });
      expect(revoking.state).toBe('revoking');
    });
    const query = { overdue: 'true', task: lease.task } as const;
    const overdue = async () => (await ground.admin.call('listLeases', { query })).items;
    await expect
      .poll(async () => (await overdue())[0]?.last_error, { timeout: 10_000 })
      .toMatch(new RegExp(`^${code}: `));
    expect(await readyz()).toBe(200);
    expect(ground.broker.log.join('')).not.toContain('unhandled');

    // As soon as it keeps to its port again, all is well.
    instead.clear();
    await expect.poll(() => ground.stateOf(lease.lease), { timeout: 20_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(lease.role);
  });

  it('an issue that was given up is not revoked before it is over', async () => {
    let finish = () => undefined as void;
    const wait = new Promise<void>((resolve) => (finish = resolve));
    const asked: string[] = [];
    instead.set('issue', () => wait);
    instead.set('revoke', ({ lease }) => {
      asked.push(lease.id);
      return { msToFirstZero: 0, sessionsSeen: 0 };
    });
    const held = await hold(agent, [READ]);
    await hurried(1_500, () =>
      expect(issue(held)).rejects.toMatchObject({ code: 'provider_unavailable' }),
    );
    const { items } = await ground.admin.call('listLeases', { query: { task: held.task } });
    expect(items).toMatchObject([{ state: 'revoking' }]);
    const id = items[0]?.id ?? '';
    // Leases of the tests before may still be ended meanwhile.
    const ofThis = () => asked.filter((one) => one === id);
    expect(ofThis()).toEqual([]);
    finish();
    await expect.poll(() => ground.stateOf(id), { timeout: 10_000 }).toBe('revoked');
    expect(ofThis()).toEqual([id]);
    instead.clear();
  });
});
