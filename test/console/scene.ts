import type { Browser } from 'playwright-core';
import { ensureConsole } from '../../scripts/ensure.mjs';
import { type Ground, openGround } from '../broker/ground.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { launchChromium } from '../support/chromium.ts';
import { aPerson, type Person } from '../support/people.ts';
import { type OpenPage, openSignedIn } from './signed-in.ts';

/** A broker with the shop behind it, an admin who is signed in, and a Chromium. */
export interface Scene extends Ground {
  readonly browser: Browser;
  readonly dana: Person;
  open(looks?: Parameters<typeof openSignedIn>[3]): Promise<OpenPage>;
  close(): Promise<void>;
}

export async function openScene(bundle: Record<string, string> = SHOP_BUNDLE): Promise<Scene> {
  ensureConsole();
  const [ground, browser] = await Promise.all([openGround({ bundle }), launchChromium()]);
  const dana = await aPerson(ground.broker, { name: 'Dana Smith', email: 'dana@example.com' });
  return {
    ...ground,
    browser,
    dana,
    open: (looks) => openSignedIn(browser, ground.broker, dana, looks),
    close: async () => {
      await browser.close();
      await ground.broker.stop();
    },
  };
}
