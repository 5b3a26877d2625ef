import type { Browser, Page } from 'playwright-core';
import { issueSetUpLink } from '../../src/broker/links.ts';
import type { TestBroker } from './broker.ts';

/** A browser window of one person, with an authenticator that holds passkeys of its own. */
export interface PersonsPage {
  readonly page: Page;
  /** What the page complained about: refused by its policy of contents, thrown, or not found. */
  readonly complaints: string[];
  /** Whether the authenticator verifies who is there from now on. */
  setVerified(isVerified: boolean): Promise<void>;
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** A fresh window: nothing is shared with another one. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<PersonsPage> {
  const { width = 1440, height = 900, dark = false } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    page,
    complaints,
    setVerified: async (isUserVerified) => {
      await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
  };
}

/** Comes in by a link, in the page's own form. */
export async function comeIn({ page }: PersonsPage, url: string, name?: string, email?: string) {
  await page.goto(url);
  if (name !== undefined) await page.getByLabel('Your name').fill(name);
  if (email !== undefined) await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Register a passkey' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
}

/** The set-up link of a broker that has no operator yet. */
export async function setUpLink(broker: TestBroker): Promise<string> {
  const link = await issueSetUpLink(broker.composed.broker);
  if (!link) throw new Error('set-up is closed');
  return link.url.reveal();
}
