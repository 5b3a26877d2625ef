import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop } from '../support/shop.ts';

describe('text does not tell what exists', () => {
  let broker: TestBroker;
  let mine: TestAgent;
  let yours: TestAgent;
  beforeAll(async () => {
    const [started, shop] = await Promise.all([startBroker(), createShop()]);
    broker = started;
    await broker.apply(SHOP_BUNDLE);
    const admin = await broker.operator();
    const params = { name: 'shop-staging/admin-url' };
    await admin.call('setSecret', { params, body: { value: shop.adminUrl } });
    [mine, yours] = [await broker.agent(), await broker.agent()];
  });
  afterAll(() => broker.stop());

  /** Everything an answer says, but for its own number and time. */
  async function said(answer: Response): Promise<unknown> {
    const headers = Object.fromEntries(answer.headers);
    for (const name of ['x-request-id', 'date', 'keep-alive', 'connection']) delete headers[name];
    const body = (await answer.text()).replaceAll(/req_[0-9a-z]{26}/g, 'req');
    return { status: answer.status, headers, body };
  }

  async function task(of: TestAgent) {
    const minted = await of.session.mintToken({
      scopes: ['shop-staging:read'],
      task: { purpose: 'a task' },
    });
    const client = of.session.client(minted.access_token);
    const { lease } = await client.call('issueLease', { body: { scope: 'shop-staging:read' } });
    return { token: minted.access_token, taskId: minted.task_id ?? '', leaseId: lease.id };
  }

  const unlike = (id: string) => `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;

  it('of agents: unknown, with a wrong key, suspended with a wrong key, replayed, garbage', async () => {
    const suspended = await broker.agent();
    const admin = await broker.operator();
    await admin.call('suspendAgent', { params: { id: suspended.id }, body: { reason: 'test' } });
    const answers: unknown[] = [];
    const capture = async (agentId: string, privateKey = mine.privateJwk) => {
      const session = createAgentSession({
        url: broker.url,
        agentId,
        privateKey,
        fetch: async (input, init) => {
          const answer = await fetch(input, init);
          if (String(input).endsWith('/oauth/token')) answers.push(await said(answer.clone()));
          return answer;
        },
      });
      await session.mintToken({ scopes: ['shop-staging:read'] }).catch(() => undefined);
    };
    await capture(yours.id);
    await capture(unlike(yours.id));
    await capture(suspended.id);
    await capture('rs_00000000000000000000000000');
    await capture("agt_' or ''='");
    const form = (assertion: string) =>
      fetch(`${broker.url}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          scope: 'shop-staging:read',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: assertion,
        }),
      });
    let used = '';
    const session = createAgentSession({
      url: broker.url,
      agentId: mine.id,
      privateKey: mine.privateJwk,
      fetch: (input, init) => {
        if (init?.body instanceof URLSearchParams) used = init.body.get('client_assertion') ?? '';
        return fetch(input, init);
      },
    });
    await session.mintToken({ scopes: ['shop-staging:read'] });
    answers.push(await said(await form(used)));
    answers.push(await said(await form('a.b.c')));
    expect(answers).toHaveLength(7);
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401 });
  });

  it('of tokens: garbage, foreign, altered, revoked, of an ended task, of an operator', async () => {
    const [ended, revoked] = [await task(mine), await task(mine)];
    const admin = await broker.operator();
    await admin.call('closeTask', { params: { id: ended.taskId }, body: {} });
    await mine.session.revokeToken(revoked.token);
    const altered = `${revoked.token.slice(0, -4)}AAAA`;
    const bearers = [
      ended.token,
      revoked.token,
      altered,
      'garbage',
      'eyJhbGciOiJub25lIn0.e30.',
      `cst_op_${randomBytes(32).toString('base64url')}`,
    ];
    const answers = await Promise.all(
      bearers.map(async (bearer) =>
        said(
          await fetch(`${broker.url}/v1/tasks`, { headers: { Authorization: `Bearer ${bearer}` } }),
        ),
      ),
    );
    expect(answers[0]).toMatchObject({ status: 401 });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  it('of others’ records: they answer as if they did not exist', async () => {
    const [own, other] = [await task(mine), await task(yours)];
    const ask = async (method: string, path: string, body?: object) =>
      said(
        await fetch(`${broker.url}${path}`, {
          method,
          headers: {
            Authorization: `Bearer ${own.token}`,
            ...(body ? { 'Content-Type': 'application/json' } : {}),
          },
          ...(body ? { body: JSON.stringify(body) } : {}),
        }),
      );
    const paths: [string, string, string, object?][] = [
      ['GET', '/v1/tasks/', other.taskId],
      ['POST', '/v1/tasks/:id/close', other.taskId, {}],
      ['GET', '/v1/leases/', other.leaseId],
      ['POST', '/v1/leases/:id/renew', other.leaseId],
      ['DELETE', '/v1/leases/', other.leaseId],
    ];
    for (const [method, path, id, body] of paths) {
      const at = (which: string) =>
        path.includes(':id') ? path.replace(':id', which) : path + which;
      const answer = await ask(method, at(id), body);
      expect(answer).toMatchObject({ status: 404 });
      expect(answer).toEqual(await ask(method, at(unlike(id)), body));
    }
    const continued = async (taskId: string) =>
      mine.session.mintToken({ scopes: ['shop-staging:read'], task: { task_id: taskId } }).then(
        () => 'minted',
        (error: { status: number; code: string; detail: string }) =>
          `${error.status} ${error.code} ${error.detail}`,
      );
    expect(await continued(other.taskId)).toBe(await continued(unlike(other.taskId)));
    expect(await continued(other.taskId)).not.toBe('minted');
    const list = await ask('GET', `/v1/leases?agent=${yours.id}`);
    expect(JSON.stringify(list)).not.toContain(other.leaseId);
  });
});
