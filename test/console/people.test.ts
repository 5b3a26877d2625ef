import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { aPerson } from '../support/people.ts';
import { openScene, type Scene } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({
    ...SHOP_BUNDLE,
    'groups.yaml':
      'groups: { dba: { members: [dana@example.com, ghost@example.com] }, legal: { members: [] } }\n',
  });
});
afterAll(() => scene.close());

test('an invitation: what the broker refuses stands at its field, and the link is shown once', async () => {
  const { page, go, close } = await scene.open();
  await go('operators');
  await page.getByRole('button', { name: 'Invite' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite an operator' });
  await dialog.getByLabel('Name').fill('Omar Haddad');
  await dialog.getByLabel('E-mail').fill('omar at example');
  await dialog.getByRole('radio', { name: /^auditor/i }).click();
  await dialog.getByRole('button', { name: 'Make the link' }).click();
  const field = dialog.getByLabel('E-mail');
  await expect.poll(() => field.getAttribute('aria-invalid')).toBe('true');
  const said = await dialog.getByRole('alert').innerText();
  expect(said).not.toBe('');
  await field.fill('omar@example.com');
  await dialog.getByRole('button', { name: 'Make the link' }).dblclick();
  const link = page.getByTestId('invitation-link');
  await link.waitFor();
  expect(await link.innerText()).toMatch(/\/console\/invitation#\S{20,}$/);
  await page.getByLabel('I have handed it over').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('link', { name: 'Omar Haddad' }).click();
  await page.getByRole('heading', { level: 1, name: 'Omar Haddad' }).waitFor();
  await page.getByText('invited', { exact: true }).waitFor();
  expect(await page.content()).not.toContain('/console/invitation#');
  const { items } = await scene.admin.call('listOperators', {});
  expect(items.filter(({ email }) => email === 'omar@example.com')).toHaveLength(1);
  await close();
});

test('a role is changed and an operator removed, from the page of the person', async () => {
  const person = await aPerson(scene.broker, {
    name: 'Iris Vega',
    email: 'iris@example.com',
    role: 'approver',
    invitedBy: scene.dana,
  });
  const { page, go, close } = await scene.open();
  await go(`operators/${person.id}`);
  await page.getByRole('button', { name: 'Change role' }).click();
  const change = page.getByRole('button', { name: 'Change', exact: true });
  // A higher role widens what is protected: that waits for a signature.
  await page.getByRole('radio', { name: /^admin/i }).click();
  await change.click();
  await page.getByRole('alert').getByRole('link', { name: 'See the approval' }).waitFor();
  const params = { id: person.id };
  expect((await scene.admin.call('getOperator', { params })).role).toBe('approver');
  await page.getByRole('radio', { name: /^auditor/i }).click();
  await change.click();
  await page.getByText('Iris Vega is auditor now.').first().waitFor();
  expect((await scene.admin.call('getOperator', { params })).role).toBe('auditor');
  await page.getByRole('button', { name: 'Remove' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Type iris@example.com to confirm').fill('iris@example.com');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('removed', { exact: true }).waitFor();
  expect((await person.call('GET', '/v1/session')).status).toBe(401);
  await close();
});

test('groups say who is in them, and who is listed and is nobody', async () => {
  const { page, go, close } = await scene.open();
  await go('operators?view=groups');
  await page.getByRole('link', { name: /Dana Smith/ }).waitFor();
  await page.getByText('ghost@example.com').waitFor();
  await page.getByText('Nobody can approve as legal').waitFor();
  await close();
});
