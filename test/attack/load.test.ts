import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operateHandlers } from '../../src/api/handlers/operate.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

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
    for (const body of [`{"purpose":${deep(20)}}`, '['.repeat(60_000), '{"a":'.repeat(12_000)]) {
      const answer = await fetch(`${broker.url}/v1/tasks`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, ...JSON_TYPE },
        body,
      });
      // By its depth alone, before anybody looks at what it says.
      expect(await answer.json()).toMatchObject({
        code: 'invalid_request',
        detail: expect.stringContaining('nested too deeply'),
      });
    }
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
