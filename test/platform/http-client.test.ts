import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../src/platform/addresses.ts';
import { createJsonFetcher, type JsonFetcherOptions } from '../../src/platform/http-client.ts';
import { CERTIFICATE, PRIVATE_KEY } from './certificate.ts';

const servers: Server[] = [];
let hits: string[] = [];
beforeEach(() => {
  hits = [];
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

const sendJson: RequestListener = (_request, response) => {
  response.setHeader('content-type', 'application/jwk-set+json');
  response.end('{"keys":[]}');
};

async function listen(answer: RequestListener = sendJson, tls = false): Promise<number> {
  const listener: RequestListener = (request, response) => {
    hits.push(`${request.method} ${request.headers.host}${request.url}`);
    answer(request, response);
  };
  const server = tls
    ? createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, listener)
    : createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

const loopback = async () => [{ address: '127.0.0.1', family: 4 }];
const fetchJson = (url: string, options: Partial<JsonFetcherOptions> = {}) =>
  createJsonFetcher({ networkAllow: [], resolve: loopback, ...options }).fetchJson(url);

describe('fetchJson', () => {
  it('reaches a named private host, with path, query and its own Host', async () => {
    const port = await listen();
    const networkAllow = [`idp.internal:${port}`];
    expect(await fetchJson(`http://idp.internal:${port}/a?b=c`, { networkAllow })).toEqual({
      value: { keys: [] },
    });
    expect(hits).toEqual([`GET idp.internal:${port}/a?b=c`]);
  });

  it('verifies the certificate for the name while it connects to the checked address', async () => {
    const port = await listen(sendJson, true);
    const options = { networkAllow: [`idp.test:${port}`, `other.test:${port}`], ca: CERTIFICATE };
    expect(await fetchJson(`https://idp.test:${port}/`, options)).toEqual({ value: { keys: [] } });
    expect(await fetchJson(`https://other.test:${port}/`, options)).toHaveProperty('problem');
    const { ca: _ca, ...system } = options;
    expect(await fetchJson(`https://idp.test:${port}/`, system)).toHaveProperty('problem');
    expect(hits).toHaveLength(1);
  });

  it.each([
    ['another port', (port: number) => [`idp.internal:${port + 1}`]],
    ['another name for the same address', (port: number) => [`127.0.0.1:${port}`]],
    ['a longer name', (port: number) => [`x.idp.internal:${port}`]],
    ['nothing', () => []],
  ])('does not reach a private host when %s is named', async (_name, allow) => {
    const port = await listen();
    const networkAllow = allow(port);
    for (const scheme of ['http', 'https']) {
      expect(await fetchJson(`${scheme}://idp.internal:${port}/`, { networkAllow })).toHaveProperty(
        'problem',
      );
    }
    expect(hits).toEqual([]);
  });

  it('refuses a name with one private address among public ones', async () => {
    const resolve = async () => [
      { address: '93.184.215.14', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ];
    expect(await fetchJson('https://rebind.example/', { resolve })).toEqual({
      problem: expect.stringMatching(/private/),
    });
  });

  it('resolves once: a second answer changes nothing', async () => {
    const port = await listen();
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    const networkAllow = [`idp.internal:${port}`];
    expect(
      await fetchJson(`http://idp.internal:${port}/`, { networkAllow, resolve }),
    ).toHaveProperty('value');
    expect(asked).toBe(1);
  });

  it.each([
    'https://127.0.0.1/',
    'https://localhost/',
    'https://localhost./',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://0/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://017700000001/',
    'https://169.254.169.254/latest',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::7f00:1]/',
    'https://10.0.0.1/',
    'http://93.184.215.14/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:application/json,{}',
    'https://u:p@example.com/',
    'nonsense',
    '',
  ])('refuses %s without connecting', async (url) => {
    expect(await fetchJson(url)).toHaveProperty('problem');
  });

  it('follows no redirect', async () => {
    const target = await listen();
    const port = await listen((_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${target}/` }).end();
    });
    const networkAllow = [`idp.internal:${port}`, `127.0.0.1:${target}`];
    expect(await fetchJson(`http://idp.internal:${port}/`, { networkAllow })).toEqual({
      problem: expect.stringContaining('302'),
    });
    expect(hits).toHaveLength(1);
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      'another status',
      (_q, r) => r.writeHead(404, { 'content-type': 'application/json' }).end('{}'),
      /404/,
    ],
    [
      'another type',
      (_q, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
      /JSON/,
    ],
    ['no type', (_q, r) => r.writeHead(200).end('{}'), /JSON/],
    [
      'a compressed body',
      (_q, r) =>
        r
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end('{}'),
      /coding/,
    ],
    [
      'broken JSON',
      (_q, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      /JSON/,
    ],
    [
      'duplicate members',
      (_q, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1,"a":2}'),
      /duplicate/,
    ],
    [
      'too much, announced',
      (_q, r) =>
        r.writeHead(200, { 'content-type': 'application/json' }).end(`"${'x'.repeat(2000)}"`),
      /too much/,
    ],
    [
      'too much, streamed',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'application/json' });
        for (let i = 0; i < 20; i += 1) r.write('"'.padEnd(100, 'x'));
        r.end();
      },
      /too much/,
    ],
    [
      'a cut body',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        r.write('{}', () => r.destroy());
      },
      /fetched/,
    ],
  ])('refuses %s', async (_name, answer, problem) => {
    const port = await listen(answer);
    const options = { networkAllow: [`idp.internal:${port}`], maxBytes: 1000 };
    expect(await fetchJson(`http://idp.internal:${port}/`, options)).toEqual({
      problem: expect.stringMatching(problem),
    });
  });

  it('gives up on an answer that does not come, starts or ends late, and on a resolver that hangs', async () => {
    const silent = await listen(() => undefined);
    const slow = await listen((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{');
    });
    for (const port of [silent, slow]) {
      const options = { networkAllow: [`idp.internal:${port}`], timeoutMs: 150 };
      expect(await fetchJson(`http://idp.internal:${port}/`, options)).toEqual({
        problem: 'took too long',
      });
    }
    const resolve = () => new Promise<never>(() => undefined);
    expect(await fetchJson('https://example.com/', { resolve, timeoutMs: 50 })).toEqual({
      problem: 'took too long',
    });
  });

  it('says what is wrong when nobody listens or the name is unknown', async () => {
    const port = await listen();
    const [server] = servers.splice(0);
    await new Promise((done) => server?.close(done));
    expect(
      await fetchJson(`http://idp.internal:${port}/`, { networkAllow: [`idp.internal:${port}`] }),
    ).toEqual({ problem: expect.stringContaining('ECONNREFUSED') });
    const resolve = async () => [];
    expect(await fetchJson('https://example.com/', { resolve })).toEqual({
      problem: 'the name has no address',
    });
  });

  it('ignores proxy variables', async () => {
    const proxy = await listen();
    const port = await listen();
    const before = { ...process.env };
    for (const name of [
      'http_proxy',
      'HTTP_PROXY',
      'https_proxy',
      'ALL_PROXY',
      'NODE_USE_ENV_PROXY',
    ]) {
      process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : `http://127.0.0.1:${proxy}`;
    }
    try {
      const networkAllow = [`idp.internal:${port}`];
      expect(await fetchJson(`http://idp.internal:${port}/`, { networkAllow })).toHaveProperty(
        'value',
      );
    } finally {
      process.env = before;
    }
    expect(hits).toEqual([`GET idp.internal:${port}/`]);
  });
});

describe('isPublicAddress', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:8.8.8.8',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::808:808',
    '64:ff9b:1::1',
    '100::1',
    'fc00::1',
    'fd12::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    '',
    'x',
    '1.2.3',
    '01.2.3.4',
  ])('not %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
  it.each([
    '8.8.8.8',
    '93.184.215.14',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450:4001::1',
  ])('%s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});
