import { afterAll, beforeAll, expect, test } from 'vitest';
import { borrow, READ, WRITE } from '../broker/ground.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('many leases are revoked after their preview, each once, and others go on', async () => {
  const [one, two] = [await scene.broker.agent(), await scene.broker.agent()];
  const ends = [await borrow(one, READ), await borrow(one, WRITE), await borrow(two, READ)];
  const stays = await borrow(two, WRITE);
  const { page, go, close } = await scene.open();
  await go('leases');
  for (const { lease } of ends) await page.getByLabel(`Choose ${lease}`).check();
  await page.getByRole('button', { name: 'Revoke 3 leases' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke 3 leases' });
  const preview = dialog.getByRole('region', { name: 'What ends' });
  await expect
    .poll(async () => (await preview.innerText()).replace(/\s+/g, ' '))
    .toContain(`${READ} 2`);
  const words = await preview.innerText();
  expect(words).toContain(one.name);
  expect(words).toContain(two.name);
  expect(words).toContain(WRITE);
  const act = dialog.getByRole('button', { name: 'Revoke 3 leases' });
  await dialog.getByLabel('Reason').fill('a drill');
  expect(await act.isDisabled()).toBe(true);
  await dialog.getByLabel('Type revoke 3 to confirm').fill('revoke 3');
  await act.dblclick();
  await page.getByText('3 of 3 done').waitFor();
  for (const { lease } of ends) {
    await expect.poll(() => scene.stateOf(lease)).toBe('revoked');
  }
  expect(await scene.stateOf(stays.lease)).toBe('active');
  const query = { action: 'revocation.accepted' };
  const { items } = await scene.admin.call('listAudit', { query });
  const subjects = items.map(({ subject }) => subject).filter((id) => id.startsWith('lse_'));
  expect(subjects.sort()).toEqual(ends.map(({ lease }) => lease).sort());
  expect(items.every(({ actor }) => actor === scene.dana.id)).toBe(true);
  await close();
});

test('a search takes names and ids; a token is revoked with what hangs below it', async () => {
  const agent = await scene.broker.agent();
  const held = await borrow(agent, READ);
  const { page, go, close } = await scene.open();
  await go('leases');
  const search = page.getByRole('search').getByRole('textbox');
  await search.fill('nobody-is-called-so');
  await search.press('Enter');
  await page.getByText('No resource and no agent is called nobody-is-called-so.').waitFor();
  await search.fill(agent.name);
  await search.press('Enter');
  await page.getByText(held.lease).waitFor();
  await expect.poll(() => page.getByRole('checkbox').count()).toBe(1);
  await page.getByRole('link', { name: 'Tokens', exact: true }).click();
  await page.getByRole('button', { name: 'Revoke' }).first().waitFor();
  await search.fill(agent.id);
  await search.press('Enter');
  await expect.poll(() => page.getByRole('button', { name: 'Revoke' }).count()).toBe(1);
  await page.getByRole('button', { name: 'Revoke' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Which ones end now').click();
  await dialog.getByText(held.lease).waitFor();
  await dialog.getByLabel('Reason').fill('lost');
  await dialog.getByRole('button', { name: 'Revoke the token' }).click();
  await expect.poll(() => scene.stateOf(held.lease)).toBe('revoked');
  await close();
});
