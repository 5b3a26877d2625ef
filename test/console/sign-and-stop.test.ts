import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureConsole } from '../../scripts/ensure.mjs';
import { ASKED, ASKED_BUNDLE, ASKED_OF_TWO } from '../support/asked-bundle.ts';
import { ask, type Asked } from '../support/asking.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { launchChromium } from '../support/chromium.ts';
import { comeIn, openPage, type PersonsPage, setUpLink } from '../support/page.ts';

/*
 * One story in a real Chromium with a virtual authenticator: people come in, an agent asks, they sign, they
 * stop it. Each test goes on where the one before it ended.
 */
let broker: TestBroker;
let browser: Browser;
let agent: TestAgent;
let ines: PersonsPage;
let omar: PersonsPage;

beforeAll(async () => {
  ensureConsole();
  [broker, browser] = await Promise.all([startBroker(), launchChromium()]);
  await broker.apply(ASKED_BUNDLE);
  agent = await broker.agent(['asking']);
});
afterAll(async () => {
  await browser.close();
  await broker.stop();
});

const stateOf = async ({ id }: Asked) => {
  const admin = await broker.operator();
  return (await admin.call('getApproval', { params: { id } })).state;
};
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const open = (who: PersonsPage, path: string) => who.page.goto(`${broker.url}/console${path}`);
const toast = (who: PersonsPage, text: string | RegExp) =>
  who.page.getByRole('listitem').filter({ hasText: text }).waitFor();

test('the first admin comes in by the set-up link, whose secret leaves address and history at once', async () => {
  ines = await openPage(browser);
  const url = await setUpLink(broker);
  const sent: string[] = [];
  ines.page.on('request', (request) => sent.push(request.url()));
  await comeIn(ines, url, 'Ines', 'ines@example.com');
  expect(ines.page.url()).toBe(`${broker.url}/console/`);
  const secret = new URL(url).hash.slice(1);
  expect(sent.filter((one) => one.includes(secret))).toEqual([]);
  await ines.page.goBack();
  expect(ines.page.url()).not.toContain(secret);
  expect(ines.complaints).toEqual([]);
});

test('the link does not open twice', async () => {
  const late = await openPage(browser);
  const url = await (await broker.operator()).call('inviteOperator', {
    body: { name: 'Omar', email: 'omar@example.com', role: 'approver' },
  });
  omar = await openPage(browser);
  await comeIn(omar, url.invitation.url);
  await late.page.goto(url.invitation.url);
  await late.page.getByRole('heading', { name: 'This link does not open' }).waitFor();
  await late.page.context().close();
});

test('a request appears by itself; signed by passkey it gives the agent its token', async () => {
  await open(omar, '/approvals');
  await omar.page.getByText('Nothing waits for you').waitFor();
  const asked = await ask(agent, { purpose: 'Look at \u202eorders\u202c of a customer' });
  await omar.page.getByRole('link', { name: /Read access to shop-staging/ }).click();
  // What would hide or turn the agent's words is named instead of obeyed.
  await omar.page.getByText('U+202E').waitFor();
  await button(omar.page, 'Approve with passkey').click();
  await toast(omar, 'Signed and approved.');
  expect(await stateOf(asked)).toBe('approved');
});

test('without verification of who is there nothing is signed', async () => {
  const asked = await ask(agent);
  await open(omar, `/approvals/${asked.id}`);
  await omar.setVerified(false);
  await button(omar.page, 'Approve with passkey').click();
  await omar.page.getByText('Nothing was sent').waitFor();
  await omar.setVerified(true);
  await button(omar.page, 'Deny').click();
  await omar.page.getByRole('dialog').getByLabel('Reason').fill('not today');
  await omar.page.getByRole('dialog').getByRole('button', { name: 'Deny' }).click();
  await toast(omar, 'Denied.');
  await omar.page.getByText('Omar').first().waitFor();
  expect(await stateOf(asked)).toBe('denied');
});

test('what is shown and what would be signed must be the same', async () => {
  const asked = await ask(agent);
  await omar.page.route(`**/v1/approvals/${asked.id}*`, async (route) => {
    const answer = await route.fetch();
    const body = (await answer.json()) as { operation_text: string };
    const forged = body.operation_text.replace('shop-staging', 'shop-harmless');
    await route.fulfill({ response: answer, json: { ...body, operation_text: forged } });
  });
  await open(omar, `/approvals/${asked.id}`);
  await button(omar.page, 'Approve with passkey').click();
  await omar.page.getByText('is not what is shown here').waitFor();
  await omar.page.unroute(`**/v1/approvals/${asked.id}*`);
});

test('two persons: the card counts them, and says why the same one cannot sign again', async () => {
  const asked = await ask(agent, { purpose: 'correct an order' }, [ASKED_OF_TWO]);
  await open(omar, `/approvals/${asked.id}`);
  await button(omar.page, 'Approve with passkey').click();
  await toast(omar, 'More persons are asked.');
  await omar.page.getByText('1 of 2 persons of dba').waitFor();
  await omar.page.getByText('You cannot approve this').waitFor();
  await open(ines, `/approvals/${asked.id}`);
  await button(ines.page, 'Approve with passkey').click();
  await toast(ines, 'Signed and approved.');
  expect(await stateOf(asked)).toBe('approved');
});

test('several that are alike are signed at once, each shown whole', async () => {
  const other = await broker.agent(['asking']);
  const asked = [await ask(other, { purpose: 'one' }), await ask(other, { purpose: 'two' })];
  await open(omar, '/approvals');
  await omar.page.getByRole('checkbox').first().waitFor();
  for (const box of await omar.page.getByRole('checkbox', { name: /sign together/ }).all()) {
    if (await box.isEnabled()) await box.check();
  }
  await button(omar.page, 'Look at all and sign').click();
  await button(omar.page, /^Approve \d with passkey$/).click();
  await toast(omar, 'Signed and approved.');
  expect(await Promise.all(asked.map(stateOf))).toEqual(['approved', 'approved']);
});

test('a session that ended is taken up where it was: what was typed is still there', async () => {
  await open(ines, '/agents');
  await button(ines.page, 'Stop').click();
  const dialog = ines.page.getByRole('dialog', { name: 'Stop' });
  await dialog.getByLabel('Agent').fill(agent.name);
  await dialog.getByText('tokens').first().waitFor();
  await dialog.getByLabel('Reason').fill('writes too much');
  expect(await dialog.getByRole('button', { name: `Stop ${agent.name}` }).isDisabled()).toBe(true);
  await dialog.getByLabel(/to confirm/).fill(agent.name);
  await ines.page.context().clearCookies();
  await dialog.getByRole('button', { name: `Stop ${agent.name}` }).click();
  await ines.page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
  await button(ines.page, 'Sign in with a passkey').click();
  await toast(ines, 'Stopped.');
  await expect(
    agent.session.mintToken({ scopes: [ASKED], task: { purpose: 'go on' } }),
  ).rejects.toThrow();
});

test('what is stopped says so on every page, until an admin lifts it', async () => {
  await open(omar, '/tasks');
  await omar.page.getByText('writes too much').waitFor();
  expect(await button(omar.page, 'Lift').count()).toBe(0);
  await ines.page.getByText('writes too much').first().waitFor();
  await button(ines.page, 'Lift').click();
  const dialog = ines.page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('looked into it');
  await dialog.getByRole('button', { name: 'Lift the stop' }).click();
  // The agent may write in production after asking: lifting widens, and the only admin signs it herself.
  await dialog.getByRole('link', { name: 'See the approval' }).click();
  await dialog.waitFor({ state: 'detached' });
  await button(ines.page, 'Approve with passkey').click();
  await toast(ines, 'Signed and approved.');
  await omar.page.getByText('writes too much').waitFor({ state: 'detached' });
});

test('by keyboard alone: to a request, and to the decision', async () => {
  await ask(await broker.agent(['asking']));
  await open(omar, '/approvals');
  await omar.page
    .getByRole('link', { name: /Read access/ })
    .first()
    .waitFor();
  await reach(omar.page, 'Read access');
  await omar.page.keyboard.press('Enter');
  await button(omar.page, 'Approve with passkey').waitFor();
  await reach(omar.page, 'Approve');
  await omar.page.keyboard.press('Enter');
  await toast(omar, 'Signed and approved.');
});

test('signing out leaves nothing behind; a passkey brings one back to the page that was asked for', async () => {
  await button(omar.page, /^Account of Omar/).click();
  await omar.page.getByRole('menuitem', { name: 'Sign out' }).click();
  await omar.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await open(omar, '/agents');
  await button(omar.page, 'Sign in with a passkey').click();
  await omar.page.getByRole('heading', { name: 'Agents', level: 1 }).waitFor();
  expect(omar.complaints.filter((text) => !text.includes('401'))).toEqual([]);
});

/** Presses Tab until what has the focus begins with this text. */
async function reach(page: Page, text: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = await page.locator(':focus').allTextContents();
    if (focused[0]?.startsWith(text)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${text} is not reached by keyboard`);
}
