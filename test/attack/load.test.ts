import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { operateHandlers } from '../../src/api/handlers/operate.ts';
import { createAdmission } from '../../src/main/admission.ts';
import { roleNames } from '../../src/providers/postgres/names.ts';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop } from '../support/shop.ts';
import { regexesIn, stuckOf } from './regexes.ts';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
type Body = string | ReadableStream<Uint8Array>;
const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('what comes in is bounded', () => {
  let broker: TestBroker;
  let token: string;
  beforeAll(async () => {
    broker = await startBroker();
    await broker.apply(SHOP_BUNDLE);
    const agent = await broker.agent();
    token = (
      await agent.session.mintToken({ scopes: ['shop-staging:read'], task: { purpose: 'load' } })
    ).access_token;
  });
  afterAll(() => broker.stop());

  const send = async (path: string, init: RequestInit) => {
    const answer = await fetch(`${broker.url}${path}`, init);
    const body = (await answer.json()) as { code?: string };
    return `${answer.status} ${body.code}`;
  };
  const asAgent = (body: Body, headers: Record<string, string> = {}) =>
    send('/v1/tasks', {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, ...JSON_TYPE, ...headers },
      body,
      duplex: 'half',
    });
  const form = (body: Body) =>
    send('/oauth/token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body,
      duplex: 'half',
    });
  const streamed = (text: string, times: number) => {
    let left = times;
    return new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left-- > 0) controller.enqueue(new TextEncoder().encode(text));
        else controller.close();
      },
    });
  };
  /** Bytes as they are; what comes back until the server closes, or says as much as is asked for. */
  const raw = (bytes: string, until = /\r\n\r\n/) =>
    new Promise<string>((resolve, reject) => {
      const { hostname, port } = new URL(broker.url);
      const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
      let answer = '';
      const done = () => {
        socket.destroy();
        resolve(answer);
      };
      socket.on('error', (error) => (answer === '' ? reject(error) : done()));
      socket.on('close', done);
      socket.on('data', (chunk: Buffer) => {
        answer += chunk.toString();
        if (until.test(answer)) done();
      });
      socket.write(bytes);
    });

  it('bodies: refused when larger, whether the length was told or not, never cut', async () => {
    const purpose = (length: number) => JSON.stringify({ purpose: 'p'.repeat(length) });
    expect(await asAgent(purpose(300))).toBe('201 undefined');
    expect(await asAgent(purpose(70_000))).toBe('413 payload_too_large');
    expect(await asAgent(streamed('x'.repeat(8_192), 12))).toBe('413 payload_too_large');
    expect(await form(`grant_type=${'x'.repeat(40_000)}`)).toBe('413 payload_too_large');
    expect(await form(streamed('x'.repeat(8_192), 6))).toBe('413 payload_too_large');
    const admin = await broker.operator();
    const value = 'v'.repeat(140_000);
    await expect(
      admin.call('setSecret', { params: { name: 'big' }, body: { value } }),
    ).rejects.toMatchObject({ status: 413 });
    const files = { 'agents.yaml': '#'.repeat(999_000) };
    const many = Object.fromEntries(
      [1, 2, 3, 4, 5].map((n) => [`rules/${n}.cedar`, files['agents.yaml']]),
    );
    await expect(admin.call('validateBundle', { body: { files: many } })).rejects.toMatchObject({
      status: 413,
    });
  });

  it('bodies of nobody: not read at all', async () => {
    const answer = await raw(
      'POST /v1/tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/connection: close/i);
  });

  it('encodings: none', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, identity']) {
      expect(await asAgent('{}', { 'Content-Encoding': encoding })).toBe(
        '415 unsupported_media_type',
      );
    }
  });

  it('headers: 16 KiB in all, and bounded time to send them', async () => {
    const huge = `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(huge)).toMatch(/^HTTP\/1\.1 431 /);
    const many = `GET /healthz HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(12_000)}\r\n`;
    expect(await raw(many)).toMatch(/^HTTP\/1\.1 431 /);
    const { server } = broker.composed;
    expect(server.headersTimeout).toBeLessThanOrEqual(10_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    const bearer = `Bearer ${'a'.repeat(9_000)}`;
    expect(await send('/v1/tasks', { headers: { Authorization: bearer } })).toBe(
      '401 unauthenticated',
    );
  });

  it('nesting, members and parameters', async () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(await asAgent(`{"purpose":${deep(20)}}`)).toBe('400 invalid_request');
    expect(await asAgent('['.repeat(60_000))).toBe('400 invalid_request');
    expect(await asAgent('{"a":'.repeat(12_000))).toBe('400 invalid_request');
    expect(await asAgent(`{"purpose":"p"${',"purpose":"q"'.repeat(1_000)}}`)).toBe(
      '400 invalid_request',
    );
    const parameters = Array.from({ length: 45 }, (_, n) => `p${n}=1`).join('&');
    expect(await form(parameters)).toBe('400 invalid_request');
    expect(await form('scope=a&scope=b')).toBe('400 invalid_request');
    const details = encodeURIComponent(deep(5_000));
    expect(await form(`grant_type=client_credentials&authorization_details=${details}`)).toMatch(
      /^40[01] /,
    );
  });

  it('pages', async () => {
    const headers = { Authorization: `Bearer ${token}` };
    for (const limit of ['0', '-1', '1001', '1e9', 'all']) {
      expect(await send(`/v1/tasks?limit=${limit}`, { headers })).toBe('400 invalid_request');
    }
    expect(await send(`/v1/tasks?cursor=${'x'.repeat(5_000)}`, { headers })).toBe(
      '400 invalid_request',
    );
  });

  it('scopes of one request, and words of a task', async () => {
    const agent = await broker.agent();
    const scopes = Array.from({ length: 21 }, (_, n) => `shop:s${n}`);
    await expect(agent.session.mintToken({ scopes })).rejects.toMatchObject({ status: 400 });
    const task = { purpose: 'p'.repeat(501) };
    await expect(
      agent.session.mintToken({ scopes: ['shop-staging:read'], task }),
    ).rejects.toMatchObject({ status: 400 });
  });
});

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
        const headers = { Authorization: `Bearer ${bearer}`, ...JSON_TYPE };
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

describe('patterns', () => {
  it('are linear, every one in the sources and those of the schema library', async () => {
    const { regexes, made } = await regexesIn(SRC);
    expect(regexes.length).toBeGreaterThan(60);
    // Those put together from strings cannot be seen there: their forms stand here.
    expect(made.sort()).toEqual(['policy/load-rules.ts', 'providers/postgres/names.ts']);
    const { leasePattern, groupPattern } = roleNames('ab12cd34');
    const composed = ['@\\s*approvers\\b', leasePattern, groupPattern].map((source) => ({
      source,
      flags: '',
    }));
    const library = [z.regexes.email, z.regexes.hostname].map(({ source, flags }) => ({
      source,
      flags,
    }));
    expect(await stuckOf([...regexes, ...composed, ...library])).toEqual([]);
  }, 60_000);

  it('are seen to be stuck where they are not', async () => {
    const bad = ['^(a+)+$', 'x*x*x*y'].map((source) => ({ source, flags: '' }));
    const stuck = await stuckOf(bad);
    expect(stuck.map(({ source }) => source)).toEqual(bad.map(({ source }) => source));
  }, 60_000);
});

describe('streams', () => {
  it('end when nobody reads any more', async () => {
    const response = Object.assign(new EventEmitter(), {
      destroyed: false,
      setHeader: () => undefined,
      write: () => {
        // The reader goes away while the writer waits for room.
        setImmediate(() => {
          response.destroyed = true;
          response.emit('close');
        });
        return false;
      },
      end: () => {
        throw new Error('there is nobody to end it for');
      },
    });
    let pages = 0;
    async function* read() {
      for (;;) {
        pages += 1;
        yield [];
      }
    }
    const append = async () => ({ seq: 1, hash: '0'.repeat(64) });
    await operateHandlers.exportAudit({
      broker: { auditLog: { append, read } },
      principal: { type: 'operator', id: 'opr_host', role: 'auditor' },
      params: {},
      query: { from: 1 },
      body: undefined,
      idempotencyKey: undefined,
      response: response as unknown as ServerResponse,
    } as never);
    expect(pages).toBe(1);
  });
});
