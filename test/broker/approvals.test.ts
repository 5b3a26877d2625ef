import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApprovalWish, requestApproval } from '../../src/broker/request-approval.ts';
import type { Signer } from '../../src/domain/quorum.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { hold } from './ground.ts';

const DBA: Signer = {
  operatorId: 'opr_1',
  person: 'email:omar@example.com',
  email: 'omar@example.com',
  proven: false,
  role: 'approver',
  groups: ['dba'],
  createdAt: 0,
};

describe('asking persons', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker();
    await broker.apply(SHOP_BUNDLE);
    Object.assign(broker.composed.broker, { signers: async () => [DBA] });
  });
  afterAll(() => broker.stop());

  /** A question about operation `n` of an agent's task. */
  async function wish(agent: TestAgent, task: string, n = 1): Promise<ApprovalWish> {
    const own = broker.composed.broker;
    const asker = await own.agents.find(agent.id);
    const found = await own.tasks.find(task);
    if (!asker || !found) throw new Error('not there');
    return {
      kind: 'operation',
      agent: asker,
      task: found,
      operation: { n },
      terms: { ttl: 1 },
      requirements: [{ rule: 'r', count: 1, groups: ['dba'] }],
      resources: ['shop'],
      bundleVersion: own.policy.version() ?? 0,
      card: { effect: 'write', reversibility: 'unknown', plan: [], words: { purpose: 'mend' } },
    };
  }

  it('the same question of a task is one approval, and at most ten are pending', async () => {
    const agent = await broker.agent();
    const held = await hold(agent);
    const own = broker.composed.broker;
    const ask = async (n: number) => requestApproval(own, await wish(agent, held.task, n));
    const [first, again] = [await ask(1), await ask(1)];
    expect(again).toMatchObject({ again: true, approval: { id: first.approval.id } });
    await Promise.all([2, 3, 4, 5, 6, 7, 8, 9, 10].map(ask));
    await expect(ask(11)).rejects.toMatchObject({ code: 'approval_limit' });
    await held.client.call('withdrawApproval', { params: { id: first.approval.id }, body: {} });
    await ask(11);
  });

  it('whoever asks and withdraws in turn does not tell people for ever', async () => {
    const agent = await broker.agent();
    const held = await hold(agent);
    const own = broker.composed.broker;
    for (let n = 0; n < 30; n += 1) {
      const { approval } = await requestApproval(own, await wish(agent, held.task, n));
      await held.client.call('withdrawApproval', { params: { id: approval.id }, body: {} });
    }
    const more = requestApproval(own, await wish(agent, held.task, 30));
    await expect(more).rejects.toMatchObject({ code: 'approval_limit' });
  });

  it('a wait is answered as soon as it is withdrawn', async () => {
    const agent = await broker.agent();
    const held = await hold(agent);
    const { approval } = await requestApproval(
      broker.composed.broker,
      await wish(agent, held.task),
    );
    const params = { id: approval.id };
    const waiting = held.client.call('getApproval', { params, query: { wait: 30 } });
    await held.client.call('withdrawApproval', { params, body: { reason: 'no longer needed' } });
    expect(await waiting).toMatchObject({ state: 'withdrawn', operation: { n: 1 } });
  });
});
