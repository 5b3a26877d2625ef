import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { borrow, type Ground, hold, openGround, READ } from './ground.ts';

/** The same agent, speaking to another broker. */
function at(broker: TestBroker, agent: TestAgent): TestAgent {
  const { id, privateJwk } = agent;
  return {
    ...agent,
    session: createAgentSession({ url: broker.url, agentId: id, privateKey: privateJwk }),
  };
}

describe('two brokers on one store', () => {
  let ground: Ground;
  let twin: TestBroker;
  beforeAll(async () => {
    ground = await openGround();
    twin = await ground.broker.twin();
  });
  afterAll(() => Promise.all([ground.broker.stop(), twin.stop()]));

  it('promise 6: what one revokes the other refuses in the same moment', async () => {
    const agent = await ground.broker.agent();
    const other = at(twin, agent);
    const held = await borrow(agent);
    const there = other.session.client(held.token);
    expect((await there.call('listLeases')).items).toHaveLength(1);
    await hold(other);

    const body = { agent: agent.id, reason: 'stolen key' };
    await ground.admin.call('revoke', { body });
    await expect(there.call('listLeases')).rejects.toMatchObject({ code: 'invalid_token' });
    await expect(hold(other)).rejects.toMatchObject({ code: 'agent_suspended' });
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');

    // The other way round: lifted there, it works here.
    const admin = await twin.operator();
    const { items } = await admin.call('listStops');
    const stop = items.find(({ target }) => target === agent.id);
    await admin.call('liftStop', { params: { id: stop?.id ?? '' }, body: { reason: 'mended' } });
    await hold(agent);
  });

  it('a bundle that one activates decides at the other', async () => {
    const agent = at(twin, await ground.broker.agent(['platform']));
    await expect(hold(agent)).rejects.toMatchObject({ code: 'access_denied' });
    const rule = `@id("platform-reads")
permit (principal in Team::"platform", action == Action::"read", resource);
`;
    await ground.broker.apply({ ...SHOP_BUNDLE, 'rules/platform.cedar': rule });
    // What is wider comes with the feed; what is narrower holds from the first moment.
    await expect
      .poll(() =>
        hold(agent).then(
          () => 'held',
          () => 'denied',
        ),
      )
      .toBe('held');
    await ground.broker.apply(SHOP_BUNDLE);
    await expect(hold(agent)).rejects.toMatchObject({ code: 'access_denied' });
  });

  it('promise 9: a revocation that races with mints leaves no live child', async () => {
    const agents = await Promise.all([ground.broker.agent(), ground.broker.agent()]);
    const kinds = fc.constantFrom('task', 'agent', 'all', 'resource');
    const race = fc.record({ kind: kinds, before: fc.nat(8), after: fc.nat(8) });
    await fc.assert(
      fc.asyncProperty(race, ({ kind, before, after }) =>
        revokeAmongMints(agents, kind, before, after),
      ),
      { numRuns: 12 },
    );
  });

  /** Mints on both brokers around one revocation; then nothing that it covers may be live. */
  async function revokeAmongMints(
    [first, second]: readonly TestAgent[],
    kind: string,
    before: number,
    after: number,
  ): Promise<void> {
    if (!first || !second) throw new Error('two agents, please');
    const [here, there] = [first, at(twin, first)];
    const { task } = await hold(here);
    const mint = (index: number) => {
      const { session } = index % 2 === 0 ? here : there;
      return session.mintToken({ scopes: [READ], task: { task_id: task } }).then(
        ({ access_token }) => session.client(access_token),
        () => undefined,
      );
    };
    const target = {
      task: { task },
      agent: { agent: first.id },
      all: { all: true as const },
      resource: { resource: 'shop-staging' },
    }[kind];
    const mints = Array.from({ length: before }, (_, index) => mint(index));
    const revoking = ground.admin.call('revoke', { body: { ...target, reason: 'race' } });
    mints.push(...Array.from({ length: after }, (_, index) => mint(index)));
    const [{ stop_id: stop }, ...clients] = await Promise.all([revoking, ...mints]);
    const lived = clients.filter((client) => client !== undefined);
    const calls = await Promise.allSettled(lived.map((client) => client.call('listLeases')));
    expect(calls.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    const left = await ground.broker.store.asSuperuser(
      `select jti from countersign.tokens t join countersign.grants g on g.id = t.grant_id
       where t.task_id = $1 and t.revoked_at is null and g.ended_at is null`,
      [task],
    );
    expect(left).toEqual([]);
    if (stop === undefined) return;
    await ground.admin.call('liftStop', { params: { id: stop }, body: { reason: 'next' } });
    // With the stop lifted it shows whether anything was left alive below it.
    const again = await Promise.allSettled(lived.map((client) => client.call('listLeases')));
    expect(again.filter(({ status }) => status === 'fulfilled')).toEqual([]);
  }
});
