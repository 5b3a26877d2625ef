import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatId } from '../../src/domain/ids.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { Secret } from '../../src/domain/secret.ts';
import type { AnyProvider, RevokeRequest } from '../../src/ports/provider.ts';
import { type Deed, PROVIDER_CHECKS, type ProviderGround } from '../../src/testing/index.ts';
import { freePort } from '../support/broker.ts';
import { type KeyService, startKeyService } from '../support/key-service.ts';
import { runProviderSuite } from '../support/provider-suite.ts';
import { silentPort } from '../support/silent.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(join(ROOT, 'docs/writing-a-provider.md'), 'utf8');
const INSTALLATION = 'a1b2c3d4';

interface OfThePage {
  createDocumentKeysProvider(options: { installation: string }): AnyProvider;
}

/** The first block of code of the page, where it says it belongs, beside the sources it imports. */
function takeOut(): { readonly home: string; readonly file: string; readonly lines: number } {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(PAGE) ?? [];
  const home = mkdtempSync(join(tmpdir(), 'countersign-page-'));
  const folder = join(home, 'src/providers/document-keys');
  mkdirSync(folder, { recursive: true });
  for (const name of ['domain', 'ports', 'audit']) {
    symlinkSync(join(ROOT, 'src', name), join(home, 'src', name));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  const file = join(folder, 'provider.ts');
  writeFileSync(file, code);
  const extended = join(ROOT, 'tsconfig.json');
  writeFileSync(
    join(home, 'tsconfig.json'),
    JSON.stringify({ extends: extended, files: [file], include: [] }),
  );
  return { home, file, lines: code.trimEnd().split('\n').length };
}

const taken = takeOut();
let service: KeyService;
let silent: Awaited<ReturnType<typeof silentPort>>;
let ground: ProviderGround;

const scope = (effect: Scope['effect'], constraints: unknown): Scope => ({
  id: 'handbook:read',
  resource: 'handbook',
  name: 'read',
  effect,
  description: '',
  maxTtlSeconds: 900,
  constraints,
});

function asks(method: string, path: string, header: (key: string) => Record<string, string>): Deed {
  return async ({ credential }) => {
    const headers = header(String(credential['key']));
    return (await fetch(`${String(credential['url'])}${path}`, { method, headers })).ok;
  };
}

const withKey = (key: string) => ({ 'x-api-key': key });

beforeAll(async () => {
  const [{ createDocumentKeysProvider }, keys, mute, gone] = await Promise.all([
    import(taken.file) as Promise<OfThePage>,
    startKeyService(),
    silentPort(),
    freePort(),
  ]);
  [service, silent] = [keys, mute];
  const rootAt = (port: number, token: string) => ({
    value: new Secret(`http://admin:${token}@127.0.0.1:${port}`),
    generation: 1,
  });
  const { adminToken } = service;
  const wrong = 'not-the-token-of-the-admin';
  ground = {
    open: () => createDocumentKeysProvider({ installation: INSTALLATION }),
    resource: {
      name: 'handbook',
      kind: 'document-keys',
      environment: { name: 'staging', protected: false },
      owner: 'dana@example.com',
      connection: { url: { secret: 'handbook/admin' }, accept: [] },
      scopes: new Map(),
    },
    lacks: ['probe', 'rotateRoot'],
    scope: scope('read', { rights: ['read'] }),
    unfit: [scope('read', {}), scope('read', { rights: ['read', 'write'] })],
    root: rootAt(service.port, adminToken),
    wrongRoot: rootAt(service.port, wrong),
    awayRoot: rootAt(gone, adminToken),
    silentRoot: rootAt(silent.port, adminToken),
    rootSecrets: [adminToken, wrong],
    lease: (seconds) => {
      const id = formatId('lease', Date.now(), randomBytes(10));
      const outsideName = `cs_${INSTALLATION}_${id.slice('lse_'.length)}`;
      return { id, outsideName, expiresAt: Date.now() + seconds * 1000 };
    },
    may: { 'read documents': asks('GET', '/documents', withKey) },
    mayNot: {
      'write documents': asks('POST', '/documents', withKey),
      'list keys': asks('GET', '/keys', (key) => ({ authorization: `Bearer ${key}` })),
    },
    endOf: async ({ credential }) => {
      const found = [...service.keys.values()].find(({ key }) => key === credential['key']);
      return Date.parse(found?.expires_at ?? '');
    },
  };
});
afterAll(() => {
  service.close();
  silent.close();
  rmSync(taken.home, { recursive: true, force: true });
});

describe('docs/writing-a-provider.md', () => {
  it('holds a provider of a hundred lines or so that compiles', () => {
    expect(taken.lines).toBeGreaterThan(60);
    expect(taken.lines).toBeLessThanOrEqual(115);
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const result = spawnSync(process.execPath, [tsc, '-p', taken.home], { encoding: 'utf8' });
    expect(result.stdout + result.stderr).toBe('');
    expect(result.status).toBe(0);
  });
});

runProviderSuite('the provider of the page', () => ground);

describe('the suite fails a provider', () => {
  const leaked = (text: string) => Promise.reject(new Error(`PUT failed with ${text}`));

  it.each<[string, string, (good: AnyProvider) => Partial<AnyProvider>]>([
    [
      'that leaves a revoked key alive',
      'a revoked credential is dead at once, and told dead with proof',
      () => ({ revoke: () => Promise.resolve({ msToFirstZero: 0, sessionsSeen: 0 }) }),
    ],
    [
      'that calls what is gone a failure',
      'revoking twice, at once, or what never was, succeeds',
      (good) => {
        const seen = new Set<string>();
        return {
          revoke: (request: RevokeRequest) =>
            seen.has(request.lease.id)
              ? Promise.reject(new Error('404'))
              : good.revoke((seen.add(request.lease.id), request)),
        };
      },
    ],
    [
      'that issues more than the scope says',
      'what is issued works, and does what its scope says and no more',
      (good) => ({
        issue: (request) =>
          good.issue({ ...request, scope: scope('write', { rights: ['read', 'write'] }) }),
      }),
    ],
    [
      'that widens when it renews',
      'renewing moves the end, and neither narrows nor widens',
      (good) => ({
        renew: async (request) => {
          await good.renew?.(request);
          const name = request.lease.outsideName;
          const key = service.keys.get(name);
          const wide = { ...key, rights: ['read', 'write'] };
          if (key) (service.keys as Map<string, unknown>).set(name, wide);
        },
      }),
    ],
    [
      'that forgets the end',
      'the downstream holds the end of the lease by itself',
      (good) => ({
        issue: (request) =>
          good.issue({ ...request, lease: { ...request.lease, expiresAt: Date.now() + 1e9 } }),
      }),
    ],
    [
      'that cannot find what it made',
      'what a crash left after issuing is found and removed by another process',
      () => ({ listOwned: () => Promise.resolve({ names: [] }) }),
    ],
    [
      'whose errors tell the root credential',
      'no secret is in a plan, a name, a handle, a list, a probe, an error or what the process writes',
      () => ({
        listOwned: ({ root }) => leaked(Buffer.from(root.value.reveal()).toString('base64')),
      }),
    ],
    [
      'whose errors have no name',
      'failures of the downstream have the names of the port',
      () => ({ issue: () => Promise.reject(new TypeError('fetch failed')) }),
    ],
    [
      'that goes on after an abort',
      'an abort stops: before the call, and in the middle of it',
      (good) => ({
        issue: (request) => good.issue({ ...request, signal: new AbortController().signal }),
      }),
    ],
    [
      'that revokes whatever it is named',
      'a name that is not of this installation is refused',
      () => ({ revoke: () => Promise.resolve({ msToFirstZero: 0, sessionsSeen: 0 }) }),
    ],
  ])('%s', async (_what, name, change) => {
    const check = PROVIDER_CHECKS.find((one) => one.name === name);
    if (!check) throw new Error(`no check ${name}`);
    const open = () => {
      const good = ground.open();
      return { ...good, ...change(good) };
    };
    const end = check.run({ ...ground, open });
    await expect(end).rejects.toThrow();
    await expect(check.run(ground)).resolves.toBe('done');
  });

  it('that lost an ability, or has one that its ground calls lacking', async () => {
    const check = PROVIDER_CHECKS.find(({ name }) => name.startsWith('renewing moves the end'));
    const open = () => {
      const { renew: _lost, ...rest } = ground.open();
      return rest;
    };
    await expect(check?.run({ ...ground, open })).rejects.toThrow(/has no renew/);
    const lacks = [...ground.lacks, 'renew'] as const;
    await expect(check?.run({ ...ground, open, lacks })).resolves.toBe('not offered');
    await expect(check?.run({ ...ground, lacks })).rejects.toThrow(/declares that it lacks renew/);
  });
});
