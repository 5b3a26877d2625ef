import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { borrow, type Ground, hold, openGround, READ, WRITE } from './ground.ts';

const RULES = 'rules/access.cedar';

/** The sample bundle with its rules changed. */
function withRules(change: (rules: string) => string): Record<string, string> {
  const changed = change(SHOP_BUNDLE[RULES] ?? '');
  expect(changed).not.toBe(SHOP_BUNDLE[RULES]);
  return { ...SHOP_BUNDLE, [RULES]: changed };
}

describe('promise 9: what was granted is decided again when a bundle becomes active', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground.broker.stop());

  const isLive = (held: { client: { call(operation: 'listLeases'): Promise<unknown> } }) =>
    held.client.call('listLeases').then(
      () => 'live',
      (error: { code: string }) => error.code,
    );

  it('promise 2: a read scope that grants more is refused at the door, and the active bundle stays', async () => {
    const { policy } = ground.broker.composed.broker;
    const version = policy.version();
    const name = 'resources/shop-staging.yaml';
    const more = (SHOP_BUNDLE[name] ?? '').replace('[SELECT], tables', '[SELECT, UPDATE], tables');
    const greedy = ground.broker.apply({ ...SHOP_BUNDLE, [name]: more });
    await expect(greedy).rejects.toMatchObject({ code: 'bundle_invalid' });
    expect(policy.version()).toBe(version);
  });

  it('a grant that is no longer allowed ends with its login; the others live', async () => {
    const agent = await ground.broker.agent();
    const [reading, writing] = [await borrow(agent, READ), await borrow(agent, WRITE)];
    await ground.broker.apply(
      withRules((rules) =>
        rules.replace(
          'action == Action::"write", resource in Environment::"staging"',
          'action == Action::"write", resource == Scope::"reports:read"',
        ),
      ),
    );
    await expect.poll(() => isLive(writing), { timeout: 10_000 }).toBe('invalid_token');
    await expect.poll(() => ground.stateOf(writing.lease), { timeout: 10_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(writing.role);
    expect(await isLive(reading)).toBe('live');
    expect(await ground.stateOf(reading.lease)).toBe('active');
    const { items } = await ground.admin.call('listGrants', { query: { task: writing.task } });
    expect(items[0]?.end_reason).toMatch(/^no longer allowed by bundle \d+$/);
  });

  it('a grant that runs longer than the new terms ends; one within them lives', async () => {
    await ground.broker.apply(SHOP_BUNDLE);
    const agent = await ground.broker.agent();
    const [reading, writing] = [await borrow(agent, READ), await borrow(agent, WRITE)];
    await ground.broker.apply(withRules((rules) => rules.replace('@ttl("10m")', '@ttl("5m")')));
    await expect.poll(() => isLive(reading), { timeout: 10_000 }).toBe('invalid_token');
    await expect.poll(() => ground.stateOf(reading.lease), { timeout: 10_000 }).toBe('revoked');
    expect(await isLive(writing)).toBe('live');
    expect((await hold(agent)).client).toBeDefined();
    await ground.admin.call('revoke', { body: { task: writing.task, reason: 'end of test' } });
  });

  it('a bundle that is refused is refused whole: the active one stays', async () => {
    const active = await ground.broker.apply(SHOP_BUNDLE);
    const agent = await ground.broker.agent();
    const held = await borrow(agent);
    const broken = {
      ...withRules((rules) =>
        rules.replace(
          'Team::"support", action == Action::"read"',
          'Team::"platform", action == Action::"read"',
        ),
      ),
      'rules/more.cedar': '@id("more") @colour("red")\npermit (principal, action, resource);\n',
    };
    const stored = ground.admin.call('storeBundle', { body: { files: broken, note: '' } });
    const error = await stored.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 422, code: 'bundle_invalid' });
    const { problem } = error as { problem: { problems: { file: string; line: number }[] } };
    expect(problem.problems).toContainEqual(
      expect.objectContaining({ file: 'rules/more.cedar', line: 1 }),
    );
    const { items } = await ground.admin.call('listBundles');
    expect(items.filter((bundle) => bundle.active).map(({ version }) => version)).toEqual([active]);
    expect(items[0]?.version).toBe(active);
    expect(await isLive(held)).toBe('live');
    await hold(agent);
  });
});
