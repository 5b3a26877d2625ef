import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  ask,
  mint,
  PATIENT,
  type Party,
  partyOf,
  tokenFor,
} from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

/**
 * The OAuth forms are answered on node:http and the rest by Express. A caller must not be able to tell:
 * the same headers, limits and refusals on either door.
 */
let broker: TestBroker;
let agent: Party;
let token: string;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  agent = partyOf(await broker.agent());
  token = await tokenFor(broker, agent, 'shop-staging:read');
});
afterAll(() => broker.stop());

const HOT = '/oauth/token';
const EXPRESS = '/v1/tasks';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** The same mistake at both doors. */
async function both(init: (door: 'hot' | 'express') => RequestInit): Promise<[Answer, Answer]> {
  const authorization = `Bearer ${token}`;
  const express = init('express');
  return [
    await ask(`${broker.url}${HOT}`, { method: 'POST', ...init('hot') }),
    await ask(`${broker.url}${EXPRESS}`, {
      method: 'POST',
      ...express,
      headers: { authorization, ...express.headers },
    }),
  ];
}

/** Headers of one body, one request or one connection, and the old cache header of OAuth. */
const OWN = /^(content-(length|type)|date|x-request-id|pragma|connection|keep-alive)$/;
const shared = (answer: Answer) =>
  Object.fromEntries([...answer.headers].filter(([name]) => !OWN.test(name)));

describe('headers', () => {
  it('are the same on success, on a refusal and on an unknown path', async () => {
    const good = await mint(broker, agent);
    const headers = { authorization: `Bearer ${token}` };
    const listed = await ask(`${broker.url}${EXPRESS}`, { headers });
    expect([good.status, listed.status]).toEqual([200, 200]);
    expect(shared(good)).toEqual(shared(listed));
    const [hot, express] = await both(() => ({
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    }));
    expect(shared(hot)).toEqual(shared(express));
    expect(shared(await ask(`${broker.url}/nope`))).toEqual(shared(listed));
  });
  it('keep an answer from being cached, framed, sniffed or run', async () => {
    for (const answer of [await mint(broker, agent), await ask(`${broker.url}/v1/scopes`)]) {
      expect(shared(answer)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(answer.headers.get('x-powered-by')).toBeNull();
      expect(answer.headers.get('server')).toBeNull();
    }
  });
  it('carry a request id, a new one each time, which is in the body and the log', async () => {
    const [hot, express] = await both(() => ({
      headers: { ...JSON_TYPE, 'x-request-id': 'mine' },
      body: '{',
    }));
    const ids = [hot, express].map((answer) => answer.headers.get('x-request-id') ?? '');
    expect(new Set(ids).size).toBe(2);
    for (const [n, answer] of [hot, express].entries()) {
      expect(ids[n]).toMatch(/^req_[0-9a-z]{26}$/);
      expect(answer.body['request_id']).toBe(ids[n]);
      expect(broker.log.join('')).toContain(ids[n]);
    }
  });
});

describe('refusals', () => {
  const codes = ([hot, express]: [Answer, Answer]) => [hot.body['code'], express.body['code']];
  it.each<[string, string, (door: 'hot' | 'express') => RequestInit]>([
    [
      'a wrong content type',
      'unsupported_media_type',
      () => ({ headers: { 'content-type': 'text/plain' }, body: 'x' }),
    ],
    ['no content type', 'unsupported_media_type', () => ({ body: Buffer.from('x') })],
    [
      'a content encoding',
      'unsupported_media_type',
      (door) => ({
        headers: { ...(door === 'hot' ? FORM : JSON_TYPE), 'content-encoding': 'gzip' },
        body: 'x',
      }),
    ],
    [
      'too large a body',
      'payload_too_large',
      (door) => ({ headers: door === 'hot' ? FORM : JSON_TYPE, body: 'x'.repeat(70_000) }),
    ],
    [
      'a body that is no UTF-8',
      'invalid_request',
      (door) => ({
        headers: door === 'hot' ? FORM : JSON_TYPE,
        body: Buffer.from([0x61, 0xff, 0x62]),
      }),
    ],
    ['another method', 'method_not_allowed', () => ({ method: 'PATCH' })],
  ])('%s is %s at both', async (_name, code, init) => {
    const answers = await both(init);
    expect(codes(answers)).toEqual([code, code]);
    if (code === 'method_not_allowed') {
      for (const answer of answers) expect(answer.headers.get('allow')).toMatch(/POST/);
    }
  });
  it('a request in absolute form is read the same way', async () => {
    const answers = await Promise.all([
      raw('POST', `${broker.url}${HOT}`),
      raw('POST', `${broker.url}${EXPRESS}`),
    ]);
    expect(answers.map((text) => text.slice(0, 12))).toEqual(['HTTP/1.1 400', 'HTTP/1.1 401']);
  });
  it.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n'],
    ['a length and chunks', 'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'],
    ['an unknown coding', 'Transfer-Encoding: cow\r\n'],
    ['obs-fold', 'X-A: b\r\n c\r\n'],
    ['NUL in a header', 'X-A: b\0\r\n'],
    ['a bare line feed', 'X-A: b\nX-B: c\r\n'],
    ['too many bytes of headers', `X-A: ${'x'.repeat(20_000)}\r\n`],
  ])('%s: refused at both before anything is read', async (_name, headers) => {
    for (const path of [HOT, EXPRESS]) {
      const text = await raw('POST', path, headers);
      expect(text).toMatch(/^HTTP\/1\.1 4(00|31)/);
      expect(text).not.toMatch(/"code"/);
    }
  });
});

describe('the rate of failures is bounded at both', () => {
  it.each<[string, (other: TestBroker) => () => Promise<Answer>]>([
    ['hot', (other) => () => mint(other, { id: `agt_${'0'.repeat(26)}`, key: agent.key })],
    [
      'express',
      (other) => () =>
        ask(`${other.url}/v1/scopes`, { headers: { authorization: 'Bearer a.b.c' } }),
    ],
  ])('%s', async (_name, attemptAt) => {
    const other = await startBroker({ overrides: PATIENT });
    const attempt = attemptAt(other);
    let limited: Answer | undefined;
    for (let n = 0; n < 20 && !limited; n += 1) {
      const answers = await Promise.all(Array.from({ length: 25 }, attempt));
      limited = answers.find(({ status }) => status === 429);
    }
    expect(limited?.body['code']).toBe('rate_limited');
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    // Somebody else at the same address goes on.
    await other.apply(SHOP_BUNDLE);
    await tokenFor(other, partyOf(await other.agent()));
    await other.stop();
  });
});

/** Writes a request as bytes; @returns what came back until the connection ended */
function raw(method: string, target: string, headers = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(broker.url);
    const socket = connect(Number(port), hostname, () => {
      socket.end(`${method} ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`);
    });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
