import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestAgent } from '../support/broker.ts';
import { type Ground, type Held, hold, issue, openGround, READ } from './ground.ts';

/**
 * Each stop is written as a bare row, with no cascade beside it: whatever refuses now does so because
 * it read the row.
 */
describe('promise 6: every decision reads the stops', () => {
  let ground: Ground;
  let agent: TestAgent;
  beforeAll(async () => {
    // The sweeper would take a bare row for a cascade that crashed, and end what is looked at here.
    ground = await openGround({
      overrides: {
        ports: ({ endings, ...ports }) => ({
          ...ports,
          endings: { ...endings, unfinished: () => Promise.resolve([]) },
        }),
      },
    });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  async function place(kind: string, target: string): Promise<string> {
    const id = `stp_${randomBytes(13).toString('hex').toUpperCase()}`;
    await ground.broker.store.asSuperuser(
      `insert into countersign.stops (id, kind, target, reason, placed_by, placed_at)
       values ($1, $2, $3, 'by hand', 'opr_host', now())`,
      [id, kind, target],
    );
    return id;
  }

  async function lift(id: string): Promise<void> {
    const text = 'update countersign.stops set lifted_at = now() where id = $1';
    await ground.broker.store.asSuperuser(text, [id]);
  }

  it.each(['all', 'agent', 'resource'] as const)('a stop of kind %s', async (kind) => {
    const held: Held = await hold(agent);
    const { lease } = await issue(held);
    const target = { all: '', agent: agent.id, resource: 'shop-staging' }[kind];
    const stop = await place(kind, target);
    // Mint, for a new task and for the one that is open.
    await expect(hold(agent)).rejects.toMatchObject({ status: 400, code: 'stopped' });
    const task = { task_id: held.task };
    await expect(agent.session.mintToken({ scopes: [READ], task })).rejects.toMatchObject({
      code: 'stopped',
    });
    // Issue and renew, whose token is refused at the door already.
    const refused = { status: 401, code: 'invalid_token' };
    await expect(issue(held)).rejects.toMatchObject(refused);
    const params = { id: lease };
    await expect(held.client.call('renewLease', { params })).rejects.toMatchObject(refused);
    // A task for this agent, from whoever opens it.
    const body = { purpose: 'more work', agent: agent.id };
    const opening = ground.admin.call('openTask', { body });
    if (kind === 'resource') await opening;
    else await expect(opening).rejects.toMatchObject({ status: 403, code: 'stopped' });
    // Another agent is stopped where it is concerned.
    const other = hold(await ground.broker.agent());
    if (kind === 'agent') await other;
    else await expect(other).rejects.toMatchObject({ code: 'stopped' });

    await lift(stop);
    await held.client.call('renewLease', { params });
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });
  });

  it('a lease that was decided before the stop is not reserved after it', async () => {
    const held = await hold(agent);
    const { broker } = ground.broker.composed;
    const record = (await ground.admin.call('listTokens', { query: { task: held.task } })).items[0];
    const stop = await place('resource', 'shop-staging');
    const now = broker.clock.now();
    const reserve = broker.leases.reserve(
      {
        id: broker.newId('lease'),
        grantId: record?.grant_id ?? '',
        tokenJti: record?.jti ?? '',
        taskId: held.task,
        agentId: agent.id,
        resource: 'shop-staging',
        scope: READ,
        outsideName: `cs_test_${randomBytes(8).toString('hex')}`,
        statementTimeoutMs: 1_000,
        bundleVersion: broker.policy.version() ?? 0,
        issueOverAt: now,
        createdAt: now,
        expiresAt: now + 60_000,
      },
      { grant: 1, agent: 10 },
      { actor: agent.id, action: 'lease.issuing', subject: 'x', detail: {} },
    );
    await expect(reserve).rejects.toMatchObject({ code: 'stopped' });
    await lift(stop);
  });

  /** Each row is marked by itself, and asked about before any cascade can follow. */
  it.each([
    ['task', "update countersign.tasks set ended_at = now(), state = 'closed' where id = $1"],
    ['grant', 'update countersign.grants set ended_at = now() where task_id = $1'],
    ['token', 'update countersign.tokens set revoked_at = now() where task_id = $1'],
    ['task that expired', 'update countersign.tasks set expires_at = now() where id = $1'],
    ['grant that expired', 'update countersign.grants set expires_at = now() where task_id = $1'],
  ])('promise 9: an ended %s refuses whatever hangs below it at once', async (_what, text) => {
    const held = await hold(agent);
    await held.client.call('listLeases');
    await ground.broker.store.asSuperuser(text, [held.task]);
    await expect(held.client.call('listLeases')).rejects.toMatchObject({ code: 'invalid_token' });
  });
});
