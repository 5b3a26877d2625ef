import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../../test/support/chromium.ts';
import { comeIn, openPage, type PersonsPage } from '../../test/support/page.ts';
import { SAMPLE } from '../broker/bundle.ts';
import { operatorOf } from '../broker/operator.ts';
import { prepareBroker } from '../broker/start.ts';
import { onServerCore } from '../cores.ts';
import { start, untilReady } from '../processes.ts';
import { figure, median, note } from '../report.ts';
import type { Setting } from '../setting.ts';

const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const ROUNDS = 5;

/**
 * The overview of a signed-in admin in a real Chromium, nothing in its cache: bytes over the wire, and
 * seconds until its figures are there and it answers a press.
 */
export async function console(setting: Setting): Promise<void> {
  const store = await setting.store();
  const home = await prepareBroker(store, 'countersign_console', setting.folder('console'), SAMPLE);
  // Passkeys want a secure context: localhost is one without TLS, which `dev` alone allows.
  const issuer = `http://localhost:${home.port}`;
  const env = { ...home.env, COUNTERSIGN_ISSUER: issuer };
  const running = start(onServerCore(setting.cores, [process.execPath, CLI, 'dev']), env);
  let browser: Browser | undefined;
  try {
    await untilReady(running, `${issuer}/readyz`);
    const { port } = home;
    const broker = { host: '127.0.0.1', port, issuer, url: issuer, running };
    const operator = await operatorOf({ ...home, env }, broker);
    const body = { name: 'Ines', email: 'ines@example.com', role: 'admin' };
    const { invitation } = await operator.call<Invited>('POST', '/v1/operators', body);
    browser = await launchChromium();
    const ines = await openPage(browser);
    await comeIn(ines, invitation.url);
    const rounds: FirstView[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await firstView(ines, issuer));
    note(rounds.map(({ kb, s }) => `  ${kb.toFixed(0)} KB, ${s.toFixed(2)} s`).join('\n'));
    figure('console.first_view_kb', median(rounds.map(({ kb }) => kb)), 'KB');
    figure('console.interactive_s', median(rounds.map(({ s }) => s)), 's');
  } finally {
    await browser?.close();
    await running.stop();
  }
}

interface Invited {
  readonly invitation: { readonly url: string };
}

interface FirstView {
  readonly kb: number;
  readonly s: number;
}

async function firstView({ page }: PersonsPage, issuer: string): Promise<FirstView> {
  await page.goto('about:blank');
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.clearBrowserCache');
  let bytes = 0;
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const since = performance.now();
  await page.goto(`${issuer}/console/`, { waitUntil: 'commit' });
  await page.getByText('Live tasks').waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('dialog', { name: 'Stop' }).waitFor();
  const s = (performance.now() - since) / 1000;
  await page.waitForLoadState('networkidle');
  await cdp.detach();
  return { kb: bytes / 1000, s };
}
