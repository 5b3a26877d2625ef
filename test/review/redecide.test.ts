import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Ground, hold, issue, openGround, READ } from '../broker/ground.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

let ground: Ground;
let paused: number | undefined;
beforeAll(async () => {
  ground = await openGround({
    overrides: {
      ports: ({ bundles, ...ports }) => ({
        ...ports,
        // This process has not heard of the newest version as long as a test wants that to last.
        bundles: { ...bundles, active: async () => paused ?? (await bundles.active()) },
      }),
    },
  });
});
afterAll(() => ground.broker.stop());

const STRICT = {
  ...SHOP_BUNDLE,
  'rules/access.cedar': (SHOP_BUNDLE['rules/access.cedar'] ?? '').replace(
    'action == Action::"read", resource);',
    'action == Action::"read", resource in Environment::"production");',
  ),
  'tests/cases.yaml': '[]\n',
};
const LOOSE = { ...SHOP_BUNDLE, 'tests/cases.yaml': '[]\n' };

it('a version that becomes active a second time decides grants of the time between again', async () => {
  const { bundles } = ground.broker.composed.broker;
  const activate = (version: number) =>
    ground.admin.call('activateBundle', { params: { version: String(version) } });
  const settled = async (version: number) =>
    expect.poll(() => bundles.redecided(), { timeout: 10_000 }).toBe(version);
  const loose = await ground.broker.apply(LOOSE);
  const strict = await ground.broker.apply(STRICT);
  await settled(strict);
  await activate(loose);
  await settled(loose);
  const held = await hold(await ground.broker.agent());
  await activate(strict);
  await settled(strict);
  await expect(held.client.call('listLeases')).rejects.toMatchObject({ code: 'invalid_token' });
  await activate(loose);
  await settled(loose);
});

it('a broker that still holds the policy before issues nothing under it', async () => {
  const held = await hold(await ground.broker.agent(), [READ]);
  const { bundles, policy } = ground.broker.composed.broker;
  paused = policy.version();
  const { version } = await ground.admin.call('storeBundle', { body: { files: STRICT, note: '' } });
  // As another process would: nothing but the store and its feed says so here.
  const entry = { actor: 'broker', action: 'policy.activated', subject: 'x', detail: {} } as const;
  await bundles.activate(version, [], entry, { from: paused });
  await expect(issue(held)).rejects.toMatchObject({ status: 409, code: 'conflict' });
  expect(await ground.roles()).toEqual([]);
  paused = undefined;
  await expect(issue(held)).rejects.toMatchObject({ status: expect.toBeOneOf([400, 401, 403]) });
});
