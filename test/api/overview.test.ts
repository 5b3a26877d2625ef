import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { borrow, type Ground, hold, openGround, WRITE } from '../broker/ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.broker.stop());

describe('overview', () => {
  test('counts what is alive, by resource, and tells what happened last', async () => {
    const agent = await ground.broker.agent();
    const before = await ground.admin.call('overview');
    const held = await borrow(agent);
    const stranger = await ground.broker.agent([]);
    await expect(hold(stranger, [WRITE])).rejects.toThrow();

    const after = await ground.admin.call('overview');
    expect(after.now.open_tasks).toBe(before.now.open_tasks + 1);
    expect(after.now.live_leases).toBe(before.now.live_leases + 1);
    expect(after.leases_by_resource).toContainEqual(
      expect.objectContaining({
        resource: 'shop-staging',
        environment: 'staging',
        protected: false,
        live: before.now.live_leases + 1,
      }),
    );
    expect(after.denials_24h).toBe(before.denials_24h + 1);
    expect(after.activity).toHaveLength(24);
    const sum = (of: typeof after, what: 'minted' | 'issued') =>
      of.activity.reduce((total, hour) => total + hour[what], 0);
    expect(sum(after, 'minted')).toBe(sum(before, 'minted') + 1);
    expect(sum(after, 'issued')).toBe(sum(before, 'issued') + 1);
    const [newest] = after.timeline;
    expect(newest?.text).toContain(`was refused ${WRITE}`);
    expect(newest?.actor).toBe(stranger.id);
    expect(after.timeline.map(({ subject }) => subject)).toContain(held.lease);
  });

  test("a task's story has its token, its lease and its end, oldest first, and nobody else's", async () => {
    const agent = await ground.broker.agent();
    const other = await borrow(agent);
    const held = await borrow(agent);
    await held.client.call('closeTask', { params: { id: held.task }, body: {} });

    const story = await ground.admin.call('taskStory', { params: { id: held.task } });
    expect(story.task.state).toBe('closed');
    expect(story.leases.map(({ id }) => id)).toEqual([held.lease]);
    const actions = story.items.map(({ action }) => action);
    expect(actions.slice(0, 3)).toEqual(['token.minted', 'lease.issuing', 'lease.issued']);
    expect(actions).toContain('task.closed');
    expect(story.items.map(({ subject }) => subject)).not.toContain(other.lease);
    const seqs = story.items.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
  });

  test('agents have no story and no overview', async () => {
    const { client, task } = await hold(await ground.broker.agent());
    await expect(client.call('overview')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(client.call('taskStory', { params: { id: task } })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('a preview of a revocation', () => {
  test('names exactly what the revocation then ends', async () => {
    const agent = await ground.broker.agent();
    const [first, second] = [await borrow(agent), await borrow(agent)];
    const bystander = await borrow(await ground.broker.agent());

    const preview = await ground.admin.call('previewRevocation', { body: { agent: agent.name } });
    expect(preview.tasks.ids.sort()).toEqual([first.task, second.task].sort());
    expect(preview.leases.ids.sort()).toEqual([first.lease, second.lease].sort());
    expect(preview.tokens.count).toBe(2);
    // It changed nothing.
    expect(await ground.stateOf(first.lease)).toBe('active');

    const body = { agent: agent.name, reason: 'test' };
    const { ended } = await ground.admin.call('revoke', { body });
    expect(ended).toEqual({ tokens: preview.tokens.count, leases: preview.leases.count });
    expect(await ground.stateOf(bystander.lease)).toBe('active');
  });

  test.each(['task', 'lease', 'resource', 'all'] as const)(
    'counts what hangs below a %s',
    async (kind) => {
      const held = await borrow(await ground.broker.agent());
      const body = {
        task: { task: held.task },
        lease: { lease: held.lease },
        resource: { resource: 'shop-staging' },
        all: { all: true as const },
      }[kind];
      const preview = await ground.admin.call('previewRevocation', { body });
      expect(preview.leases.ids).toContain(held.lease);
      expect(preview.tasks.ids.includes(held.task)).toBe(kind === 'task' || kind === 'all');
    },
  );

  test('wants exactly one target', async () => {
    const call = ground.admin.call('previewRevocation', { body: {} });
    await expect(call).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
