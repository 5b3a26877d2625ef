import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAdmission } from '../../src/main/admission.ts';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop } from '../support/shop.ts';

describe('leases of an agent are bounded', () => {
  let broker: TestBroker;
  let twin: TestBroker;
  let admin: Client;
  const limits = { leasesPerAgent: 4 };
  beforeAll(async () => {
    const [started, shop] = await Promise.all([
      startBroker({ overrides: { limits } }),
      createShop(),
    ]);
    broker = started;
    twin = await broker.twin({ limits });
    const files = { ...SHOP_BUNDLE };
    files['rules/access.cedar'] = (files['rules/access.cedar'] ?? '').replace(
      '@id("support-reads")',
      '@id("support-reads") @leases("20")',
    );
    await broker.apply(files);
    admin = await broker.operator();
    const params = { name: 'shop-staging/admin-url' };
    await admin.call('setSecret', { params, body: { value: shop.adminUrl } });
  });
  afterAll(() => Promise.all([broker.stop(), twin.stop()]));

  async function race(agent: TestAgent, scope: string, tasks: number) {
    const tokens = await Promise.all(
      Array.from({ length: tasks }, () =>
        agent.session.mintToken({ scopes: [scope], task: { purpose: 'race' } }),
      ),
    );
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const bearer = tokens[n % tasks]?.access_token ?? '';
        const body = JSON.stringify({ scope });
        const headers = { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' };
        const { url } = n % 2 ? twin : broker;
        return fetch(`${url}/v1/leases`, { method: 'POST', headers, body }).then(async (answer) =>
          answer.ok ? 'issued' : ((await answer.json()) as { code: string }).code,
        );
      }),
    );
    return outcomes.reduce<Record<string, number>>((count, outcome) => {
      count[outcome] = (count[outcome] ?? 0) + 1;
      return count;
    }, {});
  }

  it('over all its tasks, at two brokers at once', async () => {
    const agent = await broker.agent();
    expect(await race(agent, 'shop-staging:read', 6)).toEqual({ issued: 4, lease_limit: 8 });
    const { items } = await admin.call('listLeases', { query: { agent: agent.id } });
    expect(items.filter(({ state }) => state === 'active')).toHaveLength(4);
  });

  it('by the terms of its grant, at two brokers at once', async () => {
    const agent = await broker.agent();
    expect(await race(agent, 'shop-staging:write', 1)).toEqual({ issued: 2, lease_limit: 10 });
  });
});

describe('work for nobody in particular is limited before any crypto', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await startBroker({ config: { limits: { leasesPerAgent: 50, agentRate: 20 } } });
    await broker.apply(SHOP_BUNDLE);
  });
  afterAll(() => broker.stop());

  const assertionOf = (sub: string) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    return `${part({ alg: 'ES256' })}.${part({ sub, iss: sub })}.${'A'.repeat(86)}`;
  };
  const knock = async (sub: string) => {
    const answer = await fetch(`${broker.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertionOf(sub),
      }),
    });
    await answer.body?.cancel();
    return answer;
  };

  async function until429(once: () => Promise<Response>, most: number): Promise<Response> {
    for (let n = 0; n < most; n += 25) {
      const answers = await Promise.all(Array.from({ length: 25 }, once));
      const refused = answers.find(({ status }) => status === 429);
      if (refused) return refused;
    }
    throw new Error(`no refusal in ${most} attempts`);
  }

  it('assertions in somebody’s name: his own address is told to wait, others are served', async () => {
    const [victim, other] = [await broker.agent(), await broker.agent()];
    const refused = await until429(() => knock(victim.id), 500);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const prove = vi.spyOn(broker.composed.broker.clientProofs, 'prove');
    const [answer] = await Promise.all([knock(victim.id), knock(victim.id), knock(victim.id)]);
    expect(answer?.status).toBe(429);
    expect(prove).not.toHaveBeenCalled();
    await other.session.mintToken({
      scopes: ['shop-staging:read'],
      task: { purpose: 'unhindered' },
    });
    expect(prove).toHaveBeenCalledTimes(1);
    prove.mockRestore();
  });

  it('bearers: garbage is told to wait; a good one from the same address is served', async () => {
    const admin = await broker.operator();
    const agent = await broker.agent();
    const minted = await agent.session.mintToken({
      scopes: ['shop-staging:read'],
      task: { purpose: 'unhindered' },
    });
    const bad = { Authorization: `Bearer ${assertionOf('agt_nobody')}` };
    const ask = async () => {
      const answer = await fetch(`${broker.url}/v1/tasks`, { headers: bad });
      await answer.body?.cancel();
      return answer;
    };
    await until429(ask, 500);
    const verify = vi.spyOn(broker.composed.broker.accessTokens, 'verify');
    expect((await ask()).status).toBe(429);
    expect(verify).not.toHaveBeenCalled();
    verify.mockRestore();
    // Whoever is on call can stop things from here all the same.
    await admin.call('revoke', { body: { task: minted.task_id ?? '', reason: 'flood' } });
    await broker.agent();
  });

  it('an agent’s own requests, without taking from another', async () => {
    const [loud, quiet] = [await broker.agent(), await broker.agent()];
    const clients = await Promise.all(
      [loud, quiet].map(async ({ session }) => {
        const task = { purpose: 'talk' };
        const minted = await session.mintToken({ scopes: ['shop-staging:read'], task });
        return session.client(minted.access_token);
      }),
    );
    const flood = await Promise.allSettled(
      Array.from({ length: 120 }, () => clients[0]?.call('listTasks', {})),
    );
    expect(flood.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    for (const outcome of flood) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 429 });
    }
    await clients[1]?.call('listTasks', {});
  });

  it('what is in work at once for one caller, a burst included', async () => {
    const admission = createAdmission({ agentRate: 1, trustedProxies: [] });
    const burst = await Promise.allSettled(
      Array.from({ length: 600 }, () => admission.enter('10.0.0.1', 'agt_a')),
    );
    const entered = burst.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(entered).toHaveLength(512);
    const refused = burst.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'rate_limited' });
    const others = await Promise.all([
      admission.enter('10.0.0.1', 'agt_b'),
      admission.enter('10.0.0.2', 'agt_a'),
    ]);
    for (const leave of [...entered, ...others]) leave();
    const again = await Promise.all(
      Array.from({ length: 512 }, () => admission.enter('10.0.0.1', 'agt_a')),
    );
    expect(again).toHaveLength(512);
  });

  it('failures: by caller, then by address, whatever names it gives itself', async () => {
    const admission = createAdmission({ agentRate: 1, trustedProxies: [] });
    const enters = (address: string, id: string) =>
      admission.enter(address, id).then(
        (leave) => {
          leave();
          return true;
        },
        () => false,
      );
    for (let n = 0; n < 200; n += 1) admission.failed('10.0.0.1', 'agt_a');
    expect(await enters('10.0.0.1', 'agt_a')).toBe(false);
    expect(await enters('10.0.0.1', 'agt_b')).toBe(true);
    expect(await enters('10.0.0.2', 'agt_a')).toBe(true);
    for (let n = 0; n < 800; n += 1) admission.failed('10.0.0.1', `agt_${n}`);
    expect(await enters('10.0.0.1', 'agt_new')).toBe(false);
    expect(await enters('10.0.0.2', 'agt_new')).toBe(true);
  });
});
