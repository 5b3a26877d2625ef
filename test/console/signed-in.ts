import type { Browser, Page } from 'playwright-core';
import type { TestBroker } from '../support/broker.ts';
import type { Person } from '../support/people.ts';

/** A page of the console for a person who is signed in, and what the browser complained about. */
export interface OpenPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  /** Opens `/console/<path>` and waits until it shows what it is about. */
  go(path: string): Promise<void>;
  close(): Promise<void>;
}

interface Looks {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
}

/** A browser of its own with the session's cookie, as a sign-in would leave it. */
export async function openSignedIn(
  browser: Browser,
  broker: TestBroker,
  person: Person,
  { width = 1440, scheme = 'light' }: Looks = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 780 : 900 },
    colorScheme: scheme,
    reducedMotion: 'reduce',
  });
  // To a browser, localhost is as good as https; the protocol that sets cookies wants it said.
  const url = broker.url.replace('http:', 'https:');
  await context.addCookies(
    [...person.browser.cookies].map(([name, value]) => ({
      name,
      value,
      url,
      secure: true,
      httpOnly: true,
      sameSite: 'Strict' as const,
    })),
  );
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  return {
    page,
    complaints,
    go: async (path) => {
      await page.goto(`${broker.url}/console/${path}`);
      // By what is there, dialogs over it or not.
      await page.locator('h1').waitFor();
      await page.locator('[aria-label="Reading"]').first().waitFor({ state: 'detached' });
    },
    close: () => context.close(),
  };
}
