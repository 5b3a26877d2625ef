import { randomUUID } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newKey, type TestKey } from '../keys/support.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../platform/certificate.ts';
import { type JwksServer, sendingKeys, startJwksServer } from '../standards/jwks-server.ts';
import { mint, PATIENT, SOON } from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

/**
 * The one outbound road there is: the keys behind a `jwks_uri`. What comes over it authenticates an
 * agent, so each test ends in whether the agent could authenticate, and in who was asked.
 */
let broker: TestBroker;
let allowed: JwksServer;
let inside: JwksServer;
const key: TestKey = newKey('ES256', 'k');

beforeAll(async () => {
  allowed = await startJwksServer(sendingKeys(key));
  inside = await startJwksServer(sendingKeys(key));
  broker = await startBroker({ overrides: PATIENT, config: { networkAllow: [allowed.place] } });
  await broker.apply(SHOP_BUNDLE);
});
afterAll(async () => {
  await broker.stop();
  await Promise.all([allowed.stop(), inside.stop()]);
});
beforeEach(() => {
  allowed.hits.length = 0;
  inside.hits.length = 0;
  inside.connections = 0;
  allowed.answer = sendingKeys(key);
});

/** Registers an agent with this URI and has it ask for a token. @returns the status */
async function tried(uri: string, signer: TestKey = key, at: TestBroker = broker): Promise<number> {
  const admin = await at.operator();
  const name = `agent-${randomUUID().slice(0, 8)}`;
  const body = { name, owner: 'dana@example.com', teams: ['support'], jwks_uri: uri };
  const agent = await admin.call('createAgent', { body }).catch(() => undefined);
  // Refused at registration is refused as well.
  return agent ? (await mint(at, { id: agent.id, key: signer })).status : 401;
}

describe('where a call may go', () => {
  it('reaches what the deployment names, exactly', async () => {
    expect(await tried(`${allowed.url}?a=b`)).toBe(200);
    expect(allowed.hits).toEqual(['GET /jwks.json?a=b']);
  });

  it.each<[string, (place: string) => string]>([
    ['loopback', (place) => `http://${place}/`],
    ['loopback over TLS', (place) => `https://${place}/`],
    ['loopback by name', (place) => `https://${place.replace('127.0.0.1', 'localhost')}/`],
    [
      'loopback by name with a dot',
      (place) => `https://${place.replace('127.0.0.1', 'localhost.')}/`,
    ],
    ['loopback as one number', (place) => `http://${place.replace('127.0.0.1', '2130706433')}/`],
    ['loopback in hexadecimal', (place) => `http://${place.replace('127.0.0.1', '0x7f.1')}/`],
    ['loopback in octal', (place) => `http://${place.replace('127.0.0.1', '0177.0.0.1')}/`],
    ['loopback, short', (place) => `http://${place.replace('127.0.0.1', '127.1')}/`],
    ['loopback, mapped', (place) => `http://${place.replace('127.0.0.1', '[::ffff:127.0.0.1]')}/`],
    ['loopback, IPv6', (place) => `http://${place.replace('127.0.0.1', '[::1]')}/`],
    ['this host', (place) => `http://${place.replace('127.0.0.1', '0.0.0.0')}/`],
    ['another loopback address', (place) => `http://${place.replace('127.0.0.1', '127.0.0.2')}/`],
    ['credentials before it', (place) => `http://user:secret@${place}/`],
    ['a named host as user name', (place) => `http://${allowed.place}@${place}/`],
    ['a named host as fragment', (place) => `http://${place}/#@${allowed.place}`],
    ['a named host as query', (place) => `http://${place}/?${allowed.place}`],
    ['a backslash', (place) => `http://${place}\\@${allowed.place}/`],
    ['full-width digits', (place) => `http://${place.replace('127.0.0.1', '１２７.0.0.1')}/`],
  ])('not inside by %s', async (_name, uri) => {
    // A URI whose host is the named one may be asked; the host inside never is.
    expect([200, 401]).toContain(await tried(uri(inside.place)));
    expect([inside.connections, inside.hits]).toEqual([0, []]);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/latest/',
    'https://[fe80::1]/',
    'https://10.0.0.1/jwks',
    'https://172.16.0.1/jwks',
    'https://192.168.1.1/jwks',
    'https://100.64.0.1/jwks',
    'https://[::ffff:10.0.0.1]/jwks',
    'https://[64:ff9b::a00:1]/jwks',
    'https://[2002:a00:1::]/jwks',
    'http://93.184.215.14/jwks',
  ])('%s is never asked', async (uri) => {
    expect(await tried(uri)).toBe(401);
  });

  it.each([
    'file:///etc/passwd',
    'data:application/json,{"keys":[]}',
    'ftp://example.com/jwks',
    'gopher://127.0.0.1:70/',
    'javascript:alert(1)',
    'jwks.json',
    '//example.com/jwks',
    '',
    `https://example.com/${'x'.repeat(3000)}`,
  ])('%.40s is no key source at all', async (uri) => {
    const admin = await broker.operator();
    const body = { name: 'x', owner: 'dana@example.com', jwks_uri: uri };
    await expect(admin.call('createAgent', { body })).rejects.toMatchObject({
      status: 400,
      problem: { field: 'jwks_uri' },
    });
  });

  it('the same host at another port is another place', async () => {
    const [host, port = ''] = allowed.place.split(':');
    expect(await tried(`http://${host}:${Number(port) + 1}/jwks.json`)).toBe(401);
    expect(await tried(allowed.url.replace('127.0.0.1', 'localhost'))).toBe(401);
    expect(allowed.hits).toEqual([]);
  });

  it('proxy variables mean nothing', async () => {
    const before = { ...process.env };
    for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      process.env[name] = `http://${inside.place}`;
    }
    try {
      expect(await tried(allowed.url)).toBe(200);
      expect(await tried('https://192.0.2.1/jwks')).toBe(401);
    } finally {
      process.env = before;
    }
    expect(inside.connections).toBe(0);
  });
});

describe('TLS', () => {
  it('a certificate nobody vouches for is refused, also at a named place', async () => {
    let asked = 0;
    const secure = createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (request, response) => {
      asked += 1;
      sendingKeys(key)(request, response);
    });
    await new Promise<void>((done) => secure.listen(0, '127.0.0.1', done));
    const place = `127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const other = await startBroker({ overrides: PATIENT, config: { networkAllow: [place] } });
    await other.apply(SHOP_BUNDLE);
    expect(await tried(`https://${place}/`, key, other)).toBe(401);
    expect(asked).toBe(0);
    await other.stop();
    secure.closeAllConnections();
    await new Promise((done) => secure.close(done));
  });
});

const json =
  (text: string): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(text);
  };
const set = (...keys: unknown[]) => JSON.stringify({ keys });

describe('what comes back', () => {
  it.each<[string, RequestListener]>([
    ['a redirect', (_q, r) => r.writeHead(302, { location: inside.url }).end()],
    [
      'a permanent redirect with keys',
      (_q, r) =>
        r
          .writeHead(308, { location: inside.url, 'content-type': 'application/json' })
          .end(set(key.jwk)),
    ],
    [
      'an error with keys',
      (_q, r) => r.writeHead(500, { 'content-type': 'application/json' }).end(set(key.jwk)),
    ],
    [
      'another type',
      (_q, r) => r.writeHead(200, { 'content-type': 'text/html' }).end(set(key.jwk)),
    ],
    ['no type', (_q, r) => r.writeHead(200).end(set(key.jwk))],
    [
      'a compressed body',
      (_q, r) =>
        r
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(set(key.jwk)),
    ],
    ['too much', json(set(key.jwk, { filler: 'x'.repeat(400_000) }))],
    ['too many keys', json(set(...Array.from({ length: 40 }, () => key.jwk)))],
    ['a duplicate member', json(`{"keys":[],"keys":[${JSON.stringify(key.jwk)}]}`)],
    ['one kid twice', json(set(key.jwk, newKey('ES256', key.kid).jwk))],
    ['a list', json(JSON.stringify([key.jwk]))],
    ['a private key', json(set(key.privateKey.export({ format: 'jwk' })))],
    ['a symmetric key', json(set({ kty: 'oct', k: 'AAAA', kid: 'k', alg: 'HS256' }))],
    ['a key for encryption', json(set({ ...key.jwk, use: 'enc' }))],
    ['another key under the kid', json(set(newKey('ES256', key.kid).jwk))],
    [
      'a cut body',
      (_q, r) => {
        r.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        r.write(set(key.jwk), () => r.destroy());
      },
    ],
    ['a closed connection', (_q, r) => r.destroy()],
  ])('%s brings no key', async (_name, answer) => {
    allowed.answer = answer;
    expect(await tried(`${allowed.url}?${randomUUID()}`)).toBe(401);
    expect(allowed.hits).toHaveLength(1);
    expect(inside.connections).toBe(0);
  });

  it('keys for other uses beside ours are passed over', async () => {
    allowed.answer = json(
      set({ kty: 'oct', k: 'AAAA' }, { ...key.jwk, kid: 'e', use: 'enc' }, key.jwk),
    );
    expect(await tried(`${allowed.url}?beside`)).toBe(200);
  });

  it('the broker sends nothing of its own: no cookie, no token, no body', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    allowed.answer = (request, response) => {
      headers = request.headers;
      response.setHeader('set-cookie', 'a=b');
      sendingKeys(key)(request, response);
    };
    const uri = `${allowed.url}?headers`;
    expect(await tried(uri)).toBe(200);
    expect(await tried(uri, newKey('ES256', 'unknown'))).toBe(401);
    expect(Object.keys(headers).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
    ]);
  });

  it('a resolver or server that hangs holds up nobody else', async () => {
    const waiting: (() => void)[] = [];
    allowed.answer = (request, response) => {
      waiting.push(() => sendingKeys(key)(request, response));
    };
    const admin = await broker.operator();
    const body = {
      name: 'slow-keys',
      owner: 'dana@example.com',
      teams: ['support'],
      jwks_uri: `${allowed.url}?slow`,
    };
    const { id } = await admin.call('createAgent', { body });
    const slow = Promise.all([mint(broker, { id, key }), mint(broker, { id, key })]);
    await expect.poll(() => waiting.length, SOON).toBe(1);
    const quick = await broker.agent();
    await quick.session.mintToken();
    for (const go of waiting) go();
    expect((await slow).map(({ status }) => status)).toEqual([200, 200]);
    expect(allowed.hits).toHaveLength(1);
  });

  it('known keys go on working while somebody makes us look for another', async () => {
    const uri = `${allowed.url}?known`;
    const admin = await broker.operator();
    const body = {
      name: 'known-keys',
      owner: 'dana@example.com',
      teams: ['support'],
      jwks_uri: uri,
    };
    const { id } = await admin.call('createAgent', { body });
    expect((await mint(broker, { id, key })).status).toBe(200);
    const waiting: (() => void)[] = [];
    allowed.answer = (request, response) => {
      waiting.push(() => sendingKeys(key)(request, response));
    };
    const attacker = mint(broker, { id, key: newKey('ES256', 'unknown') });
    await expect.poll(() => waiting.length, SOON).toBe(1);
    const first = await Promise.race([mint(broker, { id, key }), attacker]);
    expect(first.status).toBe(200);
    for (const go of waiting) go();
    expect((await attacker).status).toBe(401);
    // And where that look fails, what was known stays known.
    allowed.answer = (_request, response) => response.writeHead(500).end();
    expect((await mint(broker, { id, key })).status).toBe(200);
  });
});
