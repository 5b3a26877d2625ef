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

const submit = async (sql: string, params: number[]) => {
  const body = { scope: CORRECT, sql, params };
  const operation = await held.client.call('submitOperation', { body });
  return { id: operation.id, approval: operation.approval_id ?? '' };
};
const openCard = async ({ page }: PersonsPage, approval: string) => {
  await page.goto(`${stage.broker.url}/console/approvals/${approval}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
};
const approveButton = ({ page }: PersonsPage) =>
  page.getByRole('button', { name: 'Approve with passkey' });
const stateAfter = async (id: string) => {
  const query = { wait: 30 };
  return (await held.client.call('getOperation', { params: { id }, query })).state;
};

test('the card counts what a cascade takes along; more than was signed is rolled back', async () => {
  await stage.shop.asSuperuser(`create table notes (order_id int references orders on delete cascade, text text);
    insert into notes values (9, 'a'), (9, 'b');
    grant select on notes to ${stage.shop.adminRole} with grant option`);
  const { id, approval } = await submit('delete from orders where id = $1', [9]);
  await openCard(ines, approval);
  await ines.page.getByText(/notes/).filter({ visible: true }).first().waitFor();
  await stage.shop.asSuperuser("insert into notes values (9, 'c')");
  await approveButton(ines).click();
  await ines.page.getByRole('listitem').filter({ hasText: 'Signed and approved.' }).waitFor();
  expect(await stateAfter(id)).toBe('rolled_back');
  const left = await stage.shop.asSuperuser('select from orders where id = 9');
  expect(left).toHaveLength(1);
});

test('whoever owns the agent sees why he cannot approve, and has no button for it', async () => {
  const body = { name: 'Dana', email: 'dana@example.com', role: 'approver' };
  const { invitation } = (await stage.omar.done('POST', '/v1/operators', body)) as {
    invitation: { url: string };
  };
  const dana = await openPage(browser);
  await comeIn(dana, invitation.url);
  const { approval } = await submit('update orders set total = 1 where id = $1', [11]);
  await openCard(dana, approval);
  await dana.page.getByText('You own this agent').waitFor();
  expect(await approveButton(dana).count()).toBe(0);
  await dana.page.context().close();
});

test('what is past its time, or was taken back to be asked otherwise, is not approved by an open page', async () => {
  const late = await submit('update orders set total = 2 where id = $1', [12]);
  await openCard(ines, late.approval);
  await stage.broker.store.asSuperuser(
    'update countersign.approvals set expires_at = clock_timestamp() where id = $1',
    [late.approval],
  );
  await approveButton(ines).click();
  await ines.page
    .getByText(/expired/i)
    .first()
    .waitFor();

  const edited = await submit('update orders set total = 3 where id = $1', [12]);
  await openCard(ines, edited.approval);
  await held.client.call('withdrawApproval', { params: { id: edited.approval }, body: {} });
  const again = await submit('update orders set total = 3000 where id = $1', [12]);
  expect(again.approval).not.toBe(edited.approval);
  await ines.page
    .getByText(/withdrawn/i)
    .first()
    .waitFor();
  expect(await approveButton(ines).count()).toBe(0);
  expect(
    await stage.shop.asSuperuser('select from orders where id = 12 and total = 1'),
  ).toHaveLength(1);
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
