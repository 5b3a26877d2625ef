import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { openScene, type Scene } from './scene.ts';

const FILE = 'rules/access.cedar';
const WIDER =
  '@id("platform-reads")\n@ttl("1h")\npermit (principal in Team::"platform", action == Action::"read", resource);';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

/** Types at the end of the file that is open. */
async function append(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: `Text of ${FILE}` }).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(text);
}

async function versions(): Promise<number[]> {
  return (await scene.admin.call('listBundles', {})).items.map(({ version }) => version);
}

test('a problem is shown at its line while it is typed, and nothing is stored', async () => {
  const { page, go, close, complaints } = await scene.open();
  const before = await versions();
  await go(`policy?file=${FILE}`);
  await page.getByText(/^Valid: /).waitFor();
  await append(page, 'permit (principal, action, resource);');
  const line = (SHOP_BUNDLE[FILE] ?? '').split('\n').length;
  const problem = page.getByRole('button', { name: `${FILE}:${line} This rule has no @id.` });
  await problem.waitFor();
  await page.locator('.cm-lint-marker-error').waitFor();
  // What was typed outlives a reload.
  await page.reload();
  await problem.waitFor();
  await page.getByRole('button', { name: 'Discard all changes' }).click();
  await page.getByText(/^Valid: /).waitFor();
  expect(await versions()).toEqual(before);
  expect(complaints).toEqual([]);
  await close();
});

test('who gains what is shown before anything is applied, a widened protected scope first', async () => {
  const { page, go, close } = await scene.open();
  const before = await versions();
  await go(`policy?file=${FILE}`);
  await append(page, WIDER);
  await page.getByText(/^Valid: /).waitFor();
  await page.getByRole('link', { name: 'See who gains and who loses' }).click();
  await page.getByRole('heading', { name: 'This widens a protected environment' }).waitFor();
  const first = page
    .locator('section', {
      has: page.getByRole('heading', { name: 'Who gains and who loses what' }),
    })
    .getByRole('listitem')
    .first();
  const words = (await first.innerText()).replace(/\s+/g, ' ');
  expect(words).toContain('Gains protected team platform');
  expect(words).toContain('shop:read');
  expect(words).toContain('before denied after allowed for 15 min');
  await page.getByText(FILE, { exact: true }).click();
  await page.locator('.cm-changedLine', { hasText: 'platform-reads' }).waitFor();
  expect(await versions()).toEqual(before);
  await page.getByRole('button', { name: 'Ask for approval' }).dblclick();
  await page.waitForURL(/\/console\/approvals\/apr_/);
  const after = await scene.admin.call('listBundles', {});
  expect(after.items).toHaveLength(before.length + 1);
  expect(after.items.find(({ active }) => active)?.version).toBe(before[0]);
  await page.getByText('platform').first().waitFor();
  await close();
});

test('a version that somebody else applied meanwhile is noticed, and both come together', async () => {
  const { page, go, close } = await scene.open();
  await go(`policy?file=${FILE}`);
  await append(page, '// mine');
  await page.getByText(/^Valid: /).waitFor();
  await page.getByRole('link', { name: 'See who gains and who loses' }).click();
  await page.getByText('Nobody gains, loses or gets other terms.').waitFor();
  const theirs = {
    ...SHOP_BUNDLE,
    'agents.yaml': 'teams: [support, platform, sales]\nagents: []\n',
  };
  const version = await scene.broker.apply(theirs);
  const before = await versions();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByText(`Version ${version} was applied`).waitFor();
  await page.getByText('agents.yaml').waitFor();
  expect(await versions()).toEqual(before);
  await page.getByRole('button', { name: `Bring mine onto version ${version}` }).click();
  await page.getByLabel('Note').fill('A remark');
  // Twice at once: it is stored once.
  await page.getByRole('button', { name: 'Apply' }).dblclick();
  await page.getByText(`Version ${version + 1} is active.`, { exact: true }).waitFor();
  expect(await versions()).toEqual([version + 1, ...before]);
  const params = { version: String(version + 1) };
  const { files, note } = await scene.admin.call('getBundle', { params });
  expect(note).toBe('A remark');
  expect(files[FILE]).toBe(`${SHOP_BUNDLE[FILE]}// mine`);
  expect(files['agents.yaml']).toBe(theirs['agents.yaml']);
  await close();
});

test('an old version is compared with the active one, and applied again', async () => {
  const { page, go, close } = await scene.open();
  const narrow = { ...SHOP_BUNDLE };
  narrow[FILE] = (narrow[FILE] ?? '').replace('@leases("2")', '@leases("1")');
  const old = await scene.broker.apply(narrow);
  const wide = await scene.broker.apply(SHOP_BUNDLE);
  await go('policy?view=versions');
  const row = page.getByRole('row', { name: new RegExp(`^${old} `) });
  await row.getByRole('link', { name: 'Compare and apply' }).click();
  await page.getByText('Tighter terms').first().waitFor();
  await page.getByText('2 leases at a time').first().waitFor();
  await page.getByRole('button', { name: `Roll back to ${old}` }).click();
  await page.getByText(`Version ${old} is active.`, { exact: true }).waitFor();
  const { items } = await scene.admin.call('listBundles', {});
  expect(items.find(({ active }) => active)?.version).toBe(old);
  expect(items[0]?.version).toBe(wide);
  await close();
});

test('who can use a scope, and what an agent can do, with the rules that say so', async () => {
  const { page, go, close } = await scene.open();
  const agent = await scene.broker.agent();
  await go('policy?view=questions');
  await page.getByRole('search', { name: 'Scope' }).getByRole('combobox').fill('shop:correct');
  await page.getByText('any other agent').waitFor();
  await page
    .getByText(/1 approval of dba, for 5 min/)
    .first()
    .waitFor();
  await page.getByRole('search', { name: 'Agent' }).getByRole('combobox').fill(agent.name);
  await page.keyboard.press('Enter');
  await page.getByText('Teams: support').waitFor();
  await page.getByRole('link', { name: 'production-writes-are-countersigned' }).waitFor();
  await close();
});
