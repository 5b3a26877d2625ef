import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureConsole } from '../../scripts/ensure.mjs';
import { borrow, type Ground, openGround } from '../broker/ground.ts';
import { ASKED_BUNDLE } from '../support/asked-bundle.ts';
import { ask } from '../support/asking.ts';
import { launchChromium } from '../support/chromium.ts';
import { comeIn, openPage, type PersonsPage, setUpLink } from '../support/page.ts';

let ground: Ground;
let browser: Browser;
let ines: PersonsPage;
const paths: string[] = [];

beforeAll(async () => {
  ensureConsole();
  [ground, browser] = await Promise.all([openGround({ bundle: ASKED_BUNDLE }), launchChromium()]);
  const { broker } = ground;
  const agent = await broker.agent();
  ines = await openPage(browser);
  await comeIn(ines, await setUpLink(broker), 'Ines', 'ines@example.com');
  const [{ task }, asked] = await Promise.all([
    borrow(agent),
    ask(await broker.agent(['asking']), { purpose: 'look at orders\u202e' }),
  ]);
  paths.push('', 'approvals', `approvals/${asked.id}`, 'approvals?view=all');
  paths.push('tasks', `tasks/${task}`, 'agents', `agents/${agent.id}`);
});
afterAll(async () => {
  await browser.close();
  await ground.broker.stop();
});

test.each([
  { width: 1440, scheme: 'light' },
  { width: 360, scheme: 'dark' },
] as const)(
  'at $width px, $scheme: axe finds nothing serious, nothing is wider than the screen',
  async ({ width, scheme }) => {
    const { page } = ines;
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ colorScheme: scheme });
    const found: unknown[] = [];
    for (const path of paths) {
      await page.goto(`${ground.broker.url}/console/${path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      found.push(...(await seriousOn(path, scheme)));
      const over = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      if (over > 0) found.push(`${path} hangs over by ${over} px`);
    }
    expect(found).toEqual([]);
    expect(ines.complaints).toEqual([]);
  },
  60_000,
);

test('dialogs too: Stop, and the sheet with all pages', async () => {
  const { page } = ines;
  await page.goto(`${ground.broker.url}/console/`);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog').waitFor();
  expect(await seriousOn('Stop', 'dark')).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('dialog').waitFor();
  expect(await seriousOn('More', 'dark')).toEqual([]);
});

async function seriousOn(path: string, scheme: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: ines.page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) => `${path} (${scheme}) ${id}: ${nodes.map(({ html }) => html).join(' ')}`,
    );
}
