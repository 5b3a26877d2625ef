import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/domain/secret.ts';
import { readConstraints } from '../../../src/providers/vault/constraints.ts';
import { credentialOf } from '../../../src/providers/vault/credential.ts';
import { readHandle, writeHandle } from '../../../src/providers/vault/handle.ts';
import { readRoot } from '../../../src/providers/vault/root.ts';
import { scopeOf } from '../../support/vault/leases.ts';
import { everythingSaid } from '../../support/vault/set-up.ts';

const AUTH = { method: 'approle', role_id: 'r', secret_id: 'canary-secret-id' };
const root = (document: unknown) =>
  readRoot(new Secret(typeof document === 'string' ? document : JSON.stringify(document)));

describe('the root credential', () => {
  it('is a document with address and login', () => {
    const document = { address: 'https://vault.test:8200', namespace: 'a/b', auth: AUTH };
    expect(root(document)).toMatchObject({
      address: 'https://vault.test:8200',
      namespace: 'a/b',
      auth: { method: 'approle', mount: 'approle', roleId: 'r' },
    });
    expect(JSON.stringify(root(document))).not.toContain('canary');
  });

  it.each([
    'canary',
    '{"address":',
    { address: 'https://vault.test/v1', auth: AUTH },
    { address: 'https://user:canary@vault.test', auth: AUTH },
    { address: 'https://vault.test?x=canary', auth: AUTH },
    { address: 'ftp://vault.test', auth: AUTH },
    { address: 'https://vault.test', auth: AUTH, tls_skip_verify: true },
    { address: 'https://vault.test', auth: { ...AUTH, token: 'canary' } },
    { address: 'https://vault.test', auth: { ...AUTH, mount: '../sys' } },
    { address: 'https://vault.test', auth: { method: 'token', token: '' } },
    { address: 'https://vault.test', auth: { method: 'kubernetes', role: 'r' } },
    { address: 'https://vault.test', namespace: 'a/../b', auth: AUTH },
    { address: 'https://vault.test' },
  ])('%j is refused without a word of it', (document) => {
    let caught: unknown;
    try {
      root(document);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: 'provider_misconfigured' });
    expect(everythingSaid(caught)).not.toContain('canary');
  });
});

describe('a scope', () => {
  it('names a creds path', () => {
    const read = readConstraints(scopeOf({ path: 'team-a/db/creds/read-only' }));
    expect(read).toMatchObject({
      constraints: { path: 'team-a/db/creds/read-only', token_role: 'countersign' },
    });
  });

  it.each([
    ['a path without creds', { path: 'database/roles/readonly' }],
    ['a path that climbs', { path: 'database/creds/../../sys/raw' }],
    ['STS', { path: 'aws/sts/deploy' }],
    ['a query', { path: 'database/creds/readonly?x=y' }],
    ['an escape', { path: 'database/creds/%2e%2e' }],
    ['a path of Vault itself', { path: 'sys/creds/x' }],
    ['more segments', { path: 'database/creds/a/b' }],
    ['an unknown member', { ttl: '5h' }],
    ['an unknown type', { type: 'ssh' }],
    ['a token role with a slash', { token_role: 'a/../b' }],
    ['hints that are no text', { hints: { port: 5432 } }],
  ])('with %s is refused', (_name, constraints) => {
    expect(readConstraints(scopeOf(constraints))).toMatchObject({
      problems: [expect.stringMatching(/^vault/)],
    });
  });

  it.each(['destroy', 'read_secret', 'sandbox'] as const)('cannot claim %s', (effect) => {
    expect(readConstraints(scopeOf({}, effect))).toMatchObject({
      problems: [`A vault scope has effect read or write, not ${effect}.`],
    });
  });

  it('no path that passes leaves its engine', () => {
    const piece = fc.constantFrom(
      'a',
      'creds',
      '..',
      '.',
      '%2e',
      '?b',
      '#c',
      '-',
      '',
      'sys',
      'd.e',
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('/'));
    fc.assert(
      fc.property(text, (path) => {
        if ('problems' in readConstraints(scopeOf({ path }))) return;
        const url = new URL(`https://vault.test/v1/${path}`);
        expect(url.pathname).toBe(`/v1/${path}`);
        expect(path).toMatch(/\/creds\/[^/]+$/);
      }),
    );
  });
});

describe('a credential', () => {
  const shaped = (type: string, data: Record<string, string | null>, more: object = {}) => {
    const read = readConstraints(scopeOf({ type, ...more }));
    if ('problems' in read) throw new Error(read.problems.join());
    return credentialOf(read.constraints, data);
  };

  it('of AWS is the key pair, and never an STS session', () => {
    const made = { access_key: 'AKIA', secret_key: 'canary', security_token: null };
    const { credential, secret } = shaped('aws', made);
    expect(credential).toEqual({ type: 'vault-aws', access_key: 'AKIA', secret_key: 'canary' });
    expect(secret.reveal()).toBe('canary');
    expect(() => shaped('aws', { ...made, security_token: 'canary' })).toThrow(/STS.*iam_user/);
  });

  it('of any other engine is what it gave, with hints beside it', () => {
    const made = shaped('generic', { key: 'value' }, { hints: { host: 'db.internal' } });
    expect(made.credential).toEqual({ type: 'vault', data: { key: 'value' } });
    expect(made.info).toEqual({ hints: { host: 'db.internal' } });
    expect(() => shaped('generic', {})).toThrow(/nothing/);
    expect(() => shaped('generic', { a: 'x'.repeat(70_000) })).toThrow(/64 KiB/);
  });
});

describe('a handle', () => {
  it('is read as it was written, and nothing else is', () => {
    const handle = { accessor: 'a', path: 'database/creds/x', lease: 'database/creds/x/1' };
    expect(readHandle(writeHandle(handle))).toEqual(handle);
    const longest = { accessor: 'a'.repeat(256), path: 'p'.repeat(200), lease: 'l'.repeat(400) };
    expect(writeHandle(longest).length).toBeLessThanOrEqual(1024);
    for (const text of ['', '{}', '{"accessor":"a","path":"p","token":"t"}']) {
      expect(() => readHandle(text)).toThrow('internal');
    }
  });
});
