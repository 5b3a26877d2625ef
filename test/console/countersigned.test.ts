import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureConsole } from '../../scripts/ensure.mjs';
import type { Held } from '../broker/ground.ts';
import { CORRECT, openStage, type Stage } from '../operations/stage.ts';
import type { TestAgent } from '../support/broker.ts';
import { launchChromium } from '../support/chromium.ts';
import { comeIn, openPage, type PersonsPage } from '../support/page.ts';

/*
 * A change of production, from the agent's question to its result, with a person in a real Chromium between.
 */
let stage: Stage;
let browser: Browser;
let ines: PersonsPage;
let agent: TestAgent;
let held: Held;

beforeAll(async () => {
  ensureConsole();
  [stage, browser] = await Promise.all([openStage(), launchChromium()]);
  const { invitation } = await stage.omar
    .done('POST', '/v1/operators', { name: 'Ines', email: 'ines@example.com', role: 'approver' })
    .then((body) => body as { invitation: { url: string } });
  ines = await openPage(browser);
  await comeIn(ines, invitation.url);
  agent = await stage.broker.agent();
  held = await stage.holdAll(agent);
});
afterAll(async () => {
  await browser.close();
  await stage.broker.stop();
});

const total = async () => {
  const rows = await stage.shop.asSuperuser<{ n: string }>(
    'select total as n from orders where id = 3',
  );
  return Number(rows[0]?.n);
};

test('the card shows the statement with its values and its reach; one signature runs it once', async () => {
  const body = {
    scope: CORRECT,
    sql: 'update orders set total = total + $2 where id = $1',
    params: [3, 40],
  };
  const before = await total();
  const operation = await held.client.call('submitOperation', { body });
  const { page } = ines;
  await page.goto(`${stage.broker.url}/console/approvals/${operation.approval_id}`);
  await page.getByText('update orders set total = total + $2 where id = $1').first().waitFor();
  await page.getByText('40').first().waitFor();
  expect(await total()).toBe(before);

  const polls = Array.from({ length: 50 }, () =>
    held.client
      .call('getOperation', { params: { id: operation.id }, query: { wait: 30 } })
      .then(({ state }) => state),
  );
  await page.getByRole('button', { name: 'Approve with passkey' }).click();
  await page.getByRole('listitem').filter({ hasText: 'Signed and approved.' }).waitFor();
  const states = await Promise.all(polls);
  expect(new Set(states).has('pending')).toBe(false);
  const done = await held.client.call('getOperation', {
    params: { id: operation.id },
    query: { wait: 30 },
  });
  expect(done.state).toBe('succeeded');
  expect(await total()).toBe(before + 40);
  // Nobody else gets the result, however many ask at once.
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () =>
      held.client.call('getOperationResult', { params: { id: operation.id } }),
    ),
  );
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(ines.complaints).toEqual([]);
});

test('a stop shows on the open page, ends what waits, and the next token is refused', async () => {
  const body = { scope: CORRECT, sql: 'update orders set total = 0 where id = $1', params: [3] };
  const operation = await held.client.call('submitOperation', { body });
  const { page } = ines;
  await page.goto(`${stage.broker.url}/console/agents/${agent.id}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const admin = await stage.broker.operator();
  await admin.call('revoke', { body: { agent: agent.id, reason: 'enough' } });
  await page
    .getByText(/stopped/i)
    .first()
    .waitFor();
  const { state } = await admin.call('getApproval', {
    params: { id: operation.approval_id ?? '' },
  });
  expect(state).not.toBe('pending');
  await expect(stage.holdAll(agent)).rejects.toMatchObject({ code: 'agent_suspended' });
});
