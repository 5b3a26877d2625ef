import { afterAll, beforeAll, expect, it } from 'vitest';
import { borrow, type Ground, logIn, openGround, runUntilEnded } from '../broker/ground.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

/** A live login keeps the rights it was given, so a scope that means something else ends it. */
let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.broker.stop());

const STAGING = 'resources/shop-staging.yaml';

it('a scope whose tables change ends the logins under its old meaning, and no others', async () => {
  await ground.broker.apply(SHOP_BUNDLE);
  const agent = await ground.broker.agent();
  const held = await borrow(agent);
  const kept = await borrow(agent, 'shop-staging:write');
  const session = runUntilEnded(await logIn(held.url));
  const narrowed = (SHOP_BUNDLE[STAGING] ?? '').replace(
    'grant: [ { privileges: [SELECT], tables: [public.orders] } ]',
    'grant: [ { privileges: [SELECT], tables: [public.orders], columns: [id] } ]',
  );
  await ground.broker.apply({ ...SHOP_BUNDLE, [STAGING]: narrowed });
  expect(await session).toBeInstanceOf(Error);
  await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
  expect(await ground.stateOf(kept.lease)).toBe('active');
});

it('a resource that leaves the bundle loses its logins all the same', async () => {
  await ground.broker.apply(SHOP_BUNDLE);
  const held = await borrow(await ground.broker.agent());
  const session = runUntilEnded(await logIn(held.url));
  const { [STAGING]: _gone, ...rest } = SHOP_BUNDLE;
  await ground.broker.apply({
    ...rest,
    'rules/access.cedar': (SHOP_BUNDLE['rules/access.cedar'] ?? '').replace(
      '@id("support-writes-staging")\n@leases("2")\npermit (principal in Team::"support", action == Action::"write", resource in Environment::"staging");',
      '',
    ),
  });
  expect(await session).toBeInstanceOf(Error);
  await expect.poll(() => ground.stateOf(held.lease), { timeout: 10_000 }).toBe('revoked');
  expect(await ground.roles()).not.toContain(held.role);
});
