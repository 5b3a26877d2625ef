import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pendingApproval } from '../../src/sdk/pending-approval.ts';
import { ASKED, ASKED_BUNDLE, ASKED_OF_TWO } from '../support/asked-bundle.ts';
import { approve, ask, type Asking, deny, openAsking } from '../support/asking.ts';
import { aPerson } from '../support/people.ts';
import { createShop } from '../support/shop.ts';

const PURPOSE = { purpose: 'look at orders' };
const OVER = { code: 'access_denied' };

describe('a grant that persons approve', () => {
  let asking: Asking;
  beforeAll(async () => {
    asking = await openAsking();
  });
  afterAll(() => asking.stop());

  const state = async (id: string) =>
    (await asking.ines.done('GET', `/v1/approvals/${id}`))['state'];

  it('whoever waits is told as soon as somebody signed, and collects the token once', async () => {
    const agent = await asking.agent();
    const refusal = await agent.session
      .mintToken({ scopes: [ASKED], task: PURPOSE })
      .catch((error: unknown) => error);
    const pending = pendingApproval(refusal);
    if (!pending) throw refusal;
    expect(refusal).toMatchObject({ hint: { rule: 'one-reads-after-asking' } });
    const waiting = agent.session.waitForApproval(pending);
    expect((await approve(asking.omar, [pending.approval_id])).body).toMatchObject({
      items: [{ state: 'approved', requirements: [{ have: 1, count: 1 }] }],
    });
    const minted = await waiting;
    expect(minted).toMatchObject({ scope: ASKED, task_id: pending.task_id });
    await expect(agent.session.collectToken(pending.auth_req_id)).rejects.toMatchObject({
      code: 'invalid_grant',
    });
    const shown = await asking.ines.done('GET', `/v1/approvals/${pending.approval_id}`);
    expect(shown).toMatchObject({ state: 'used', used_by: expect.stringMatching(/^grt_/) });
    // The agent reads its own, without who it was.
    const reader = agent.session.client(minted.access_token);
    const own = await reader.call('getApproval', { params: { id: pending.approval_id } });
    expect(own.votes).toEqual([{ decision: 'approve', at: expect.any(String) }]);
  });

  it('under the approved grant a login is issued as under any other', async () => {
    const shop = await createShop();
    const value = shop.adminUrl;
    const name = 'shop-staging/admin-url';
    const put = await asking.ines.call('PUT', `/v1/secrets/${name}`, { value });
    expect(put.status).toBe(204);
    const agent = await asking.agent();
    const asked = await ask(agent);
    await approve(asking.omar, [asked.id]);
    const { access_token: token } = await agent.session.collectToken(asked.authReqId);
    const { lease } = await agent.session.client(token).call('issueLease', {
      body: { scope: ASKED },
    });
    expect(lease.state).toBe('active');
    await agent.session.client(token).call('renewLease', { params: { id: lease.id } });
  });

  it('two persons, each once; one who says no is the end', async () => {
    const agent = await asking.agent();
    const two = await ask(agent, PURPOSE, [ASKED_OF_TWO]);
    expect((await approve(asking.ines, [two.id])).body).toMatchObject({
      items: [{ state: 'pending', requirements: [{ have: 1, count: 2, can_be_met: true }] }],
    });
    expect(await approve(asking.ines, [two.id])).toMatchObject({ status: 403 });
    await expect(agent.session.collectToken(two.authReqId)).rejects.toMatchObject({
      code: 'authorization_pending',
    });
    await approve(asking.omar, [two.id]);
    expect((await agent.session.collectToken(two.authReqId)).scope).toBe(ASKED_OF_TWO);

    const denied = await ask(agent, PURPOSE, [ASKED_OF_TWO]);
    await approve(asking.ines, [denied.id]);
    await deny(asking.omar, denied.id, 'not on a Friday');
    expect(await approve(asking.ines, [denied.id])).toMatchObject({
      status: 409,
      body: { code: 'approval_over', state: 'denied' },
    });
    await expect(agent.session.collectToken(denied.authReqId)).rejects.toMatchObject({
      ...OVER,
      detail: expect.stringContaining('not on a Friday'),
    });
  });

  it('one signature over several digests, and each stands by itself', async () => {
    const agents = [await asking.agent(), await asking.agent()];
    const asked = await Promise.all(agents.map((agent) => ask(agent)));
    const gone = await ask(await asking.agent());
    const ids = [...asked, gone].map(({ id }) => id);
    const begun = await asking.omar.done('POST', '/v1/approvals/challenges', {
      ids,
      decision: 'approve',
    });
    await deny(asking.ines, gone.id);
    const answered = await asking.omar.done('POST', '/v1/approvals/answers', {
      challenge_id: begun['challenge_id'],
      assertion: asking.omar.passkey.assert(begun['publicKey']),
    });
    const states = (answered['items'] as { id: string; state: string }[]).map((one) => one.state);
    expect(states.sort()).toEqual(['approved', 'approved', 'denied']);
  });

  it('the same in the same task is one question, and once approved the token', async () => {
    const agent = await asking.agent();
    const first = await ask(agent);
    const again = await ask(agent, { task_id: first.task });
    expect(again.id).toBe(first.id);
    expect(again.authReqId).not.toBe(first.authReqId);
    await approve(asking.omar, [first.id]);
    const minted = await agent.session.mintToken({
      scopes: [ASKED],
      task: { task_id: first.task },
    });
    expect(minted.scope).toBe(ASKED);
    for (const { authReqId } of [first, again]) {
      await expect(agent.session.collectToken(authReqId)).rejects.toMatchObject({
        code: 'invalid_grant',
      });
    }
  });

  it('more than ten may not wait for one agent, and what is withdrawn makes room', async () => {
    const agent = await asking.agent();
    const asked = await Promise.all(Array.from({ length: 10 }, () => ask(agent)));
    await expect(ask(agent)).rejects.toMatchObject({ code: 'approval_limit', status: 400 });
    const { access_token: own } = await agent.session.mintToken({
      scopes: [],
    });
    const params = { id: asked[0]?.id ?? '' };
    // A token without a task reads and opens tasks; withdrawing takes that of a task.
    await expect(
      agent.session.client(own).call('withdrawApproval', { params, body: {} }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    await asking.ines.done('POST', `/v1/approvals/${params.id}/withdraw`, { reason: 'a flood' });
    await ask(agent);
  });

  describe('ends', () => {
    it('with its task', async () => {
      const agent = await asking.agent();
      const asked = await ask(agent);
      await asking.ines.done('POST', `/v1/tasks/${asked.task}/close`, {});
      expect(await state(asked.id)).toBe('withdrawn');
      await expect(agent.session.collectToken(asked.authReqId)).rejects.toMatchObject(OVER);
    });

    it('with its agent, approved or not', async () => {
      const agent = await asking.agent();
      const [open, approved] = [await ask(agent), await ask(agent)];
      await approve(asking.omar, [approved.id]);
      await asking.ines.done('POST', `/v1/agents/${agent.id}/suspend`, { reason: 'stolen key' });
      expect(await state(open.id)).toBe('withdrawn');
      expect(await state(approved.id)).toBe('withdrawn');
    });

    it('with a stop of the resource, and of everything', async () => {
      for (const target of [{ resource: 'shop-staging' }, { all: true }]) {
        const agent = await asking.agent();
        const asked = await ask(agent);
        await asking.ines.done('POST', '/v1/revocations', { ...target, reason: 'x' });
        expect(await state(asked.id)).toBe('withdrawn');
        await expect(ask(agent, { task_id: asked.task })).rejects.toMatchObject({
          code: expect.stringMatching(/^(stopped|task_ended)$/),
        });
        // Lifting it is a widening, and takes an approval of its own.
        await asking.broker.store.asSuperuser(
          `update countersign.stops set lifted_at = clock_timestamp(), lifted_by = 'test', lift_reason = 'x'`,
        );
      }
    });

    it('by time, pending or approved: the poll says so before any job does', async () => {
      const agent = await asking.agent();
      const [open, approved] = [await ask(agent), await ask(agent)];
      await approve(asking.omar, [approved.id]);
      await asking.broker.store.asSuperuser(
        `update countersign.approvals set expires_at = clock_timestamp() where id = any ($1)`,
        [[open.id, approved.id]],
      );
      for (const { id, authReqId } of [open, approved]) {
        await expect(agent.session.collectToken(authReqId)).rejects.toMatchObject({
          code: 'expired_token',
        });
        expect(await state(id)).toBe('expired');
      }
      expect(await approve(asking.ines, [open.id])).toMatchObject({ status: 409 });
    });
  });

  describe('is decided again', () => {
    const stricter = {
      ...ASKED_BUNDLE,
      'rules/asked.cedar': `${ASKED_BUNDLE['rules/asked.cedar']}`.replace('"10m"', '"5m"'),
    };
    const { 'rules/asked.cedar': _, ...without } = ASKED_BUNDLE;

    it.each([
      ['other terms', stricter],
      ['no rule any more', without],
    ])('when it is answered, and when it is collected: %s', async (_name, bundle) => {
      const agent = await asking.agent();
      const [before, after] = [await ask(agent), await ask(agent)];
      await approve(asking.omar, [before.id]);
      await asking.broker.apply(bundle);
      try {
        await expect(agent.session.collectToken(before.authReqId)).rejects.toMatchObject(OVER);
        expect((await approve(asking.omar, [after.id])).body).toMatchObject({
          items: [{ state: 'superseded' }],
        });
        expect(await state(before.id)).toBe('superseded');
      } finally {
        await asking.broker.apply(ASKED_BUNDLE);
      }
    });

    it('when the secret leads to another server', async () => {
      const agent = await asking.agent();
      const asked = await ask(agent);
      await approve(asking.omar, [asked.id]);
      const value = 'postgres://admin:x@elsewhere.example.com/shop';
      await asking.ines.done('PUT', '/v1/secrets/shop-staging/admin-url', { value });
      await expect(agent.session.collectToken(asked.authReqId)).rejects.toMatchObject(OVER);
      expect(await state(asked.id)).toBe('superseded');
    });

    it('when who approved may no longer', async () => {
      const leaving = await aPerson(asking.broker, { email: 'rosa@example.com', role: 'approver' });
      const agent = await asking.agent();
      const asked = await ask(agent);
      await approve(leaving, [asked.id]);
      await asking.ines.stepUp();
      await asking.ines.done('DELETE', `/v1/operators/${leaving.id}`);
      await expect(agent.session.collectToken(asked.authReqId)).rejects.toMatchObject(OVER);
      expect(await state(asked.id)).toBe('superseded');
    });
  });
});
