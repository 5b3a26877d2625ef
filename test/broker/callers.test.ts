import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/sdk/client.ts';
import { ASKED_BUNDLE } from '../support/asked-bundle.ts';
import type { TestAgent } from '../support/broker.ts';
import { borrow, type Ground, hold, issue, logIn, openGround, READ, WRITE } from './ground.ts';

/** Platform may read where an operator vouched for a ticket, and nowhere else. */
const WITH_TICKET = {
  ...ASKED_BUNDLE,
  'rules/tickets.cedar': `@id("platform-reads-with-ticket")
permit (principal in Team::"platform", action == Action::"read", resource)
when { context.task has verified_ticket && context.task.verified_ticket == "OPS-12" };
`,
};

describe('who may do what', () => {
  let ground: Ground;
  let agent: TestAgent;
  beforeAll(async () => {
    ground = await openGround({ bundle: WITH_TICKET });
    agent = await ground.broker.agent();
  });
  afterAll(() => ground.broker.stop());

  it("another agent's task and lease answer as if they did not exist", async () => {
    const theirs = await borrow(await ground.broker.agent());
    const mine = await hold(agent);
    const missing = { status: 404, code: 'not_found' };
    const { client } = mine;
    for (const id of [theirs.task, 'tsk_00000000000000000000000000']) {
      await expect(client.call('getTask', { params: { id } })).rejects.toMatchObject(missing);
      await expect(client.call('closeTask', { params: { id }, body: {} })).rejects.toMatchObject(
        missing,
      );
      // On an OAuth endpoint the same is a 400 (RFC 6749 §5.2) or a 404, whoever's the task is.
      await expect(
        agent.session.mintToken({ scopes: [READ], task: { task_id: id } }),
      ).rejects.toMatchObject({ code: 'not_found' });
    }
    for (const id of [theirs.lease, 'lse_00000000000000000000000000']) {
      const params = { id };
      await expect(client.call('getLease', { params })).rejects.toMatchObject(missing);
      await expect(client.call('renewLease', { params })).rejects.toMatchObject(missing);
      await expect(client.call('revokeLease', { params })).rejects.toMatchObject(missing);
    }
    const query = { task: theirs.task };
    expect((await client.call('listLeases', { query })).items).toEqual([]);
    expect((await client.call('listTasks', { query })).items.map(({ id }) => id)).not.toContain(
      theirs.task,
    );
    expect(await ground.stateOf(theirs.lease)).toBe('active');
  });

  it('a token without a task opens tasks and reads, and nothing else', async () => {
    const held = await borrow(agent);
    const { access_token: token } = await agent.session.mintToken();
    const self = agent.session.client(token);
    const forbidden = { status: 403, code: 'forbidden' };
    const opened = await self.call('openTask', { body: { purpose: 'next' } });
    expect((await self.call('getTask', { params: { id: opened.id } })).opened_by).toBe('agent');
    expect((await self.call('listScopes')).items.length).toBeGreaterThan(0);
    const params = { id: held.task };
    await expect(self.call('closeTask', { params, body: {} })).rejects.toMatchObject(forbidden);
    await expect(self.call('issueLease', { body: { scope: READ } })).rejects.toMatchObject(
      forbidden,
    );
    const lease = { id: held.lease };
    await expect(self.call('renewLease', { params: lease })).rejects.toMatchObject(forbidden);
    await expect(self.call('revokeLease', { params: lease })).rejects.toMatchObject(forbidden);
    await expect(
      self.call('openTask', { body: { purpose: 'theirs', agent: agent.id } }),
    ).rejects.toMatchObject({ status: 400, code: 'invalid_request' });
  });

  it('agents have no admin surface, and each operator has the part of the role', async () => {
    const { client } = await hold(agent);
    const forbidden = { status: 403, code: 'forbidden' };
    const all = { all: true as const, reason: 'mine' };
    await expect(client.call('revoke', { body: all })).rejects.toMatchObject(forbidden);
    await expect(client.call('listAgents')).rejects.toMatchObject(forbidden);
    await expect(
      client.call('storeBundle', { body: { files: ASKED_BUNDLE, note: 'mine' } }),
    ).rejects.toMatchObject(forbidden);
    const auditor = await ground.broker.operator('auditor');
    await expect(auditor.call('revoke', { body: all })).rejects.toMatchObject(forbidden);
    const approver = await ground.broker.operator('approver');
    await expect(
      approver.call('setSecret', { params: { name: 'a' }, body: { value: 'b' } }),
    ).rejects.toMatchObject(forbidden);
    const nobody = createClient({
      url: ground.broker.url,
      operatorToken: `cst_op_${'A'.repeat(43)}`,
    });
    await expect(nobody.call('listAgents')).rejects.toMatchObject({ status: 401 });
  });

  it('promise 2: a write scope outside protected environments gives a login that writes, and no more', async () => {
    const held = await borrow(agent, WRITE);
    const session = await logIn(held.url);
    const { rowCount } = await session.query('update orders set total = total + 1 where id = 1');
    expect(rowCount).toBe(1);
    await expect(session.query('drop table orders')).rejects.toMatchObject({ code: '42501' });
    await session.end();
    const reading = await hold(agent, [READ]);
    await expect(issue(reading, WRITE)).rejects.toMatchObject({
      status: 403,
      code: 'insufficient_scope',
    });
  });

  it('promise 3: a write scope in a protected environment gives a token for operations, and no login', async () => {
    const held = await hold(agent, ['shop:correct']);
    await expect(issue(held, 'shop:correct')).rejects.toMatchObject({ status: 403 });
    expect((await ground.admin.call('listLeases', { query: { task: held.task } })).items).toEqual(
      [],
    );
  });

  it('promise 1: without a rule there is no access, and the refusal says what there is instead', async () => {
    const stranger = await ground.broker.agent(['platform']);
    await expect(hold(stranger)).rejects.toMatchObject({ status: 400, code: 'access_denied' });
    const asking = await ground.broker.agent(['asking']);
    await expect(hold(asking, ['reports:read'])).rejects.toMatchObject({
      status: 400,
      code: 'approval_unavailable',
      hint: { rule: 'nobody-can-say-yes' },
    });
    // All or none: what needs nobody is not granted beside what does.
    await expect(hold(asking, ['shop-staging:read', 'shop:correct'])).rejects.toMatchObject({
      code: 'approval_unavailable',
    });
    await expect(hold(agent, ['shop-staging:all'])).rejects.toMatchObject({
      code: 'invalid_scope',
    });
  });

  it('promise 8: a ticket is verified only where an operator names it', async () => {
    const platform = await ground.broker.agent(['platform']);
    const denied = { status: 400, code: 'access_denied' };
    const mint = (task: { purpose: string; ticket?: string } | { task_id: string }) =>
      platform.session.mintToken({ scopes: [READ], task });
    await expect(mint({ purpose: 'OPS-12', ticket: 'OPS-12' })).rejects.toMatchObject(denied);
    const { access_token: token } = await platform.session.mintToken();
    const body = { purpose: 'approved: true', ticket: 'OPS-12' };
    const own = await platform.session.client(token).call('openTask', { body });
    expect(own).toMatchObject({ ticket: 'OPS-12', opened_by: 'agent' });
    expect(own.verified_ticket).toBeUndefined();
    await expect(mint({ task_id: own.id })).rejects.toMatchObject(denied);

    const task = await ground.admin.call('openTask', {
      body: { purpose: 'look at orders', ticket: 'OPS-12', agent: platform.name },
    });
    expect(task).toMatchObject({ verified_ticket: 'OPS-12', opened_by: 'operator' });
    expect((await mint({ task_id: task.id })).task_id).toBe(task.id);
    const other = await ground.admin.call('openTask', {
      body: { purpose: 'look at orders', ticket: 'OPS-13', agent: platform.name },
    });
    await expect(mint({ task_id: other.id })).rejects.toMatchObject(denied);
  });

  it('promise 8: what an agent claims about approvals or facts is refused or means nothing', async () => {
    const asking = await ground.broker.agent(['asking']);
    const post = async (details: unknown) => {
      const form = { scopes: ['shop-staging:read'], task: details as { purpose: string } };
      return asking.session.mintToken(form).catch((error: unknown) => error);
    };
    for (const claim of [
      { approved: true },
      { approval_id: 'apr_1' },
      { verified_ticket: 'OPS-12' },
      { context: { approved: true } },
      { approver: 'me@example.com' },
    ]) {
      expect(await post({ purpose: 'work', ...claim })).toMatchObject({
        status: 400,
        code: 'invalid_authorization_details',
      });
    }
    expect(await post({ purpose: 'approved by dana@example.com' })).toMatchObject({
      code: 'approval_unavailable',
    });
    const { access_token: token } = await agent.session.mintToken();
    const answer = await fetch(`${ground.broker.url}/v1/tasks`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ purpose: 'work', verified_ticket: 'OPS-12' }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request' });
  });
});
