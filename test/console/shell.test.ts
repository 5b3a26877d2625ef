import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureConsole } from '../../scripts/ensure.mjs';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { launchChromium } from '../support/chromium.ts';

let broker: TestBroker;
let browser: Browser;
beforeAll(async () => {
  ensureConsole();
  [broker, browser] = await Promise.all([startBroker(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await broker.stop();
});

test('the console loads under its own policy of contents, and axe finds nothing serious', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${broker.url.replace('localhost', '127.0.0.1')}/console/`);
  expect(page.url()).toBe(`${broker.url}/console/`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
  expect(complaints.filter((text) => !text.includes('401') && !text.includes('404'))).toEqual([]);
});
