import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createJsonCaller, type JsonCallerOptions } from '../../src/platform/json-caller.ts';
import { createVaultSession } from '../../src/secrets/vault/session.ts';
import { CERTIFICATE, PRIVATE_KEY } from '../platform/certificate.ts';
import { builtFile } from '../support/built.ts';
import { everythingSaid } from '../support/vault/set-up.ts';

/** Threats "Network" and "Audit and logs", for the calls that carry the broker's login at Vault. */

const TOKEN = 'hvs.canary-token-of-the-broker';
const closers: (() => void)[] = [];
let seen: { url: string; headers: Record<string, unknown> }[] = [];
beforeEach(() => {
  seen = [];
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Reply {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly hang?: boolean;
}

async function listen(reply: Reply, tls = false): Promise<number> {
  const listener: RequestListener = (request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    if (reply.hang) return;
    response.writeHead(reply.status ?? 200, {
      'content-type': 'application/json',
      ...reply.headers,
    });
    response.end(reply.body ?? '{"data":{"ttl":60,"renewable":false}}');
  };
  const server = tls
    ? createTlsServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, listener)
    : createServer(listener);
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

function sessionTo(address: string, options: Partial<JsonCallerOptions> = {}) {
  const caller = createJsonCaller({ networkAllow: [], ...options });
  closers.push(() => void caller.close());
  const auth = { method: 'token', token: new Secret(TOKEN) } as const;
  return createVaultSession({ address, auth }, { caller, monotonicMs: () => performance.now() });
}

const read = { method: 'GET', path: 'kv/data/shop' } as const;

async function refusal(work: Promise<unknown>): Promise<{ code: string; detail: string }> {
  const error: unknown = await work.then(
    () => 'no error',
    (caught: unknown) => caught,
  );
  expect(error).toHaveProperty('code');
  expect(everythingSaid(error)).not.toContain('canary');
  return error as { code: string; detail: string };
}

describe('the way to Vault', () => {
  it('is TLS, unless exactly this host and port is listed', async () => {
    const port = await listen({});
    for (const networkAllow of [[], ['127.0.0.1:1'], [`localhost:${port}`]]) {
      const session = sessionTo(`http://127.0.0.1:${port}`, { networkAllow });
      expect(await refusal(session.call(read))).toMatchObject({
        code: 'provider_misconfigured',
        detail: expect.stringContaining('COUNTERSIGN_NETWORK_ALLOW'),
      });
    }
    expect(seen).toEqual([]);
    const networkAllow = [`127.0.0.1:${port}`];
    await sessionTo(`http://127.0.0.1:${port}`, { networkAllow }).call(read);
    expect(seen).toHaveLength(2);
  });

  it('verifies the certificate, VAULT_SKIP_VERIFY or not', async () => {
    const port = await listen({}, true);
    process.env['VAULT_SKIP_VERIFY'] = '1';
    try {
      for (const options of [{}, { ca: CERTIFICATE }]) {
        // Neither an unknown authority nor another name than the certificate's.
        const session = sessionTo(`https://127.0.0.1:${port}`, options);
        expect(await refusal(session.call(read))).toMatchObject({
          code: 'provider_misconfigured',
          detail: expect.stringContaining('certificate'),
        });
      }
    } finally {
      delete process.env['VAULT_SKIP_VERIFY'];
    }
    expect(seen).toEqual([]);
  });

  it.each([301, 302, 303, 307, 308])('is not left by a redirect (%i)', async (status) => {
    const target = await listen({});
    const port = await listen({ status, headers: { location: `http://127.0.0.1:${target}/v1/x` } });
    const networkAllow = [`127.0.0.1:${port}`, `127.0.0.1:${target}`];
    const session = sessionTo(`http://127.0.0.1:${port}`, { networkAllow });
    expect((await refusal(session.call(read))).detail).toMatch(/redirect/);
    expect(seen).toHaveLength(1);
  });

  it('has a limit of size and of time', async () => {
    const large = await listen({ body: JSON.stringify({ data: { canary: 'x'.repeat(4096) } }) });
    const slow = await listen({ hang: true });
    const networkAllow = [`127.0.0.1:${large}`, `127.0.0.1:${slow}`];
    const bounds = { networkAllow, maxBytes: 1024, timeoutMs: 100 };
    const tooMuch = sessionTo(`http://127.0.0.1:${large}`, bounds);
    expect((await refusal(tooMuch.call(read))).detail).toMatch(/sent too much/);
    const tooSlow = sessionTo(`http://127.0.0.1:${slow}`, bounds);
    expect(await refusal(tooSlow.call(read))).toMatchObject({ code: 'provider_unavailable' });
  });

  it.each([
    ['no JSON', 'canary'],
    ['two readings', '{"data":{"sealed":false},"data":{"sealed":true}}'],
    ['another shape', '[1,2,3]'],
  ])('takes %s for no answer of Vault', async (_name, body) => {
    const port = await listen({ body });
    const session = sessionTo(`http://127.0.0.1:${port}`, { networkAllow: [`127.0.0.1:${port}`] });
    expect((await refusal(session.health())).detail).toMatch(/does not answer like Vault/);
  });

  it('heeds no variable of its environment', async () => {
    const port = await listen({});
    const other = await listen({});
    const elsewhere = `http://127.0.0.1:${other}`;
    const planted = {
      VAULT_ADDR: elsewhere,
      VAULT_TOKEN: 'hvs.planted',
      VAULT_NAMESPACE: 'planted',
      VAULT_PREFIX: '/planted',
      HTTP_PROXY: elsewhere,
      http_proxy: elsewhere,
      HTTPS_PROXY: elsewhere,
      ALL_PROXY: elsewhere,
      DEBUG: 'node-vault',
    };
    Object.assign(process.env, planted);
    try {
      const networkAllow = [`127.0.0.1:${port}`, `127.0.0.1:${other}`];
      await sessionTo(`http://127.0.0.1:${port}`, { networkAllow }).call(read);
    } finally {
      for (const name of Object.keys(planted)) delete process.env[name];
    }
    expect(seen.map(({ url }) => url)).toEqual(['/v1/auth/token/lookup-self', '/v1/kv/data/shop']);
    for (const { headers } of seen) {
      expect(headers['host']).toBe(`127.0.0.1:${port}`);
      expect(headers['x-vault-token']).toBe(TOKEN);
      expect(headers).not.toHaveProperty('x-vault-namespace');
    }
  });

  it('prints nothing, whatever DEBUG says', async () => {
    const port = await listen({ status: 403, body: '{"errors":["canary"]}' });
    const at = (path: string) => pathToFileURL(builtFile(path)).href;
    const program = `
      import { Secret } from '${at('domain/secret.js')}';
      import { createJsonCaller } from '${at('platform/json-caller.js')}';
      import { createVaultSession } from '${at('secrets/vault/session.js')}';
      const caller = createJsonCaller({ networkAllow: ['127.0.0.1:${port}'] });
      const target = {
        address: 'http://127.0.0.1:${port}',
        auth: { method: 'approle', mount: 'approle', roleId: 'r', secretId: new Secret('canary') },
      };
      const session = createVaultSession(target, { caller, monotonicMs: () => 0 });
      const body = { secret: 'canary' };
      await session.call({ method: 'POST', path: 'a/b', body }).catch((error) => console.log(error));
      await caller.close();
    `;
    const ran = spawn(process.execPath, ['--input-type=module', '-e', program], {
      env: { DEBUG: '*', NODE_DEBUG: 'undici' },
    });
    const said: string[] = [];
    ran.stdout.on('data', (chunk) => said.push(String(chunk)));
    ran.stderr.on('data', (chunk) => said.push(String(chunk)));
    await once(ran, 'close');
    expect(said.join('')).toContain('approle login');
    expect(said.join('')).not.toContain('canary');
  });
});
