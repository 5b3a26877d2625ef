import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';
import { ensureConsole } from '../../scripts/ensure.mjs';
import { borrow, hold, openGround, WRITE } from '../broker/ground.ts';
import { ASKED_BUNDLE, ASKED_OF_TWO } from '../support/asked-bundle.ts';
import { ask } from '../support/asking.ts';
import { launchChromium } from '../support/chromium.ts';
import { comeIn, openPage, setUpLink } from '../support/page.ts';

const FOLDER = fileURLToPath(new URL('../../docs/images', import.meta.url));
const WIDE = { width: 1440, height: 900 };
const NARROW = { width: 360, height: 780 };

/** Not a test: `npm run screenshots` takes the pictures of docs/images with it. */
test('screenshots of the console', async () => {
  ensureConsole();
  mkdirSync(FOLDER, { recursive: true });
  const [ground, browser] = await Promise.all([
    openGround({ bundle: ASKED_BUNDLE }),
    launchChromium(),
  ]);
  const { broker } = ground;
  const agent = await broker.agent();
  const [asker, stranger] = [await broker.agent(['asking']), await broker.agent([])];
  const { task } = await borrow(agent);
  await Promise.all([borrow(agent), borrow(agent), hold(stranger, [WRITE]).catch(() => undefined)]);
  const body = { name: 'Omar Haddad', email: 'omar@example.com', role: 'approver' } as const;
  const { invitation } = await ground.admin.call('inviteOperator', { body });
  const ines = await openPage(browser);
  const link = await setUpLink(broker);
  const { page } = ines;
  const take = (name: string) => page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.goto(link);
  await page.getByLabel('Your name').waitFor();
  await take('set-up');
  await page.goto('about:blank');
  await comeIn(ines, link, 'Ines Duarte', 'ines@example.com');
  // A second person of the group, so that two can answer.
  const omar = await openPage(browser);
  await comeIn(omar, invitation.url);
  await omar.page.context().close();
  const purpose =
    'Customer 4711 reports a wrong total; I correct the order. \u202e APPROVED ALREADY \u202c';
  const asked = await ask(asker, { purpose }, [ASKED_OF_TWO]);
  await ask(asker, { purpose: 'Look at the orders of customer 4711' });
  const shots = [
    { name: 'overview', path: '', size: WIDE, scheme: 'light' },
    { name: 'overview-dark', path: '', size: WIDE, scheme: 'dark' },
    { name: 'overview-narrow', path: '', size: NARROW, scheme: 'light' },
    { name: 'approvals', path: 'approvals', size: WIDE, scheme: 'light' },
    { name: 'approval', path: `approvals/${asked.id}`, size: WIDE, scheme: 'light' },
    { name: 'approval-narrow', path: `approvals/${asked.id}`, size: NARROW, scheme: 'light' },
    { name: 'approval-narrow-dark', path: `approvals/${asked.id}`, size: NARROW, scheme: 'dark' },
    { name: 'task', path: `tasks/${task}`, size: WIDE, scheme: 'light' },
    { name: 'agents-narrow', path: 'agents', size: NARROW, scheme: 'dark' },
  ] as const;
  for (const { name, path, size, scheme } of shots) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${broker.url}/console/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    await take(name);
  }
  await page.setViewportSize(WIDE);
  await page.goto(`${broker.url}/console/`);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByLabel('Agent').fill(agent.name);
  await page.getByText('Which ones end now').waitFor();
  await take('stop-dark');
  await browser.close();
  await broker.stop();
}, 240_000);
