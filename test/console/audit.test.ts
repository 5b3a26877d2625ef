import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScene, type Scene } from './scene.ts';

const MANY = 100_000;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

test('the chain is verified on request, with its progress and its head', async () => {
  const { page, go, close } = await scene.open();
  await go('audit');
  await page.getByRole('button', { name: 'Verify now' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('A head kept outside').fill('no head');
  await dialog.getByRole('button', { name: 'Verify', exact: true }).click();
  await dialog.getByRole('alert').getByText('number and hash of an entry').waitFor();
  await dialog.getByLabel('A head kept outside').fill('');
  await dialog.getByRole('button', { name: 'Verify', exact: true }).click();
  await dialog.getByText(/^All [\d,]+ entries hold$/).waitFor();
  await dialog.getByText('witness keeps outside the store is in the chain').waitFor();
  await close();
});

test('with 100,000 entries few rows exist at a time, pages follow as one scrolls, filters find', async () => {
  // Rows only: what lists them neither knows nor checks their hashes.
  await scene.broker.store.asSuperuser(
    `insert into countersign.audit_entries (seq, time, actor, action, subject, detail, prev, hash)
     select seq + n, time + n * interval '1 second', 'broker',
            case when n % 10000 = 0 then 'lease.overdue' else 'lease.renewed' end,
            'lse_' || n, '{}', repeat('0', 64), repeat('0', 64)
     from (select max(seq) as seq, max(time) as time from countersign.audit_entries) last,
          generate_series(1, ${MANY}) n`,
  );
  const { page, go, close, complaints } = await scene.open();
  await go('audit');
  const table = page.getByRole('table', { name: 'Audit entries, newest first' });
  await page.getByText(`lse_${MANY}`, { exact: true }).waitFor();
  // Three pages of the list down: the first row is gone, and far fewer rows exist than were read.
  for (const wanted of [MANY - 90, MANY - 190, MANY - 290]) {
    await expect
      .poll(async () => {
        await page.mouse.wheel(0, 2_500);
        return page.getByText(`lse_${wanted}`, { exact: true }).count();
      })
      .toBe(1);
  }
  expect(await page.getByText(`lse_${MANY}`, { exact: true }).count()).toBe(0);
  expect(await table.getByRole('row').count()).toBeLessThan(80);
  await page.mouse.wheel(0, -100_000);
  await page.getByRole('combobox', { name: 'What', exact: true }).fill('lease.overdue');
  await page.keyboard.press('Enter');
  await page.getByText('lse_90000', { exact: true }).waitFor();
  await expect.poll(() => table.getByRole('row').count()).toBe(1 + MANY / 10_000);
  await page.getByRole('link', { name: 'lease.overdue' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'lease.overdue' });
  await dialog.getByText('Hash of the one before').waitFor();
  await dialog.getByRole('button', { name: 'The one before' }).click();
  await page.getByRole('dialog', { name: 'lease.renewed' }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});
