import { randomBytes } from 'node:crypto';

export type Json = Record<string, unknown>;

export interface FakeToken {
  readonly id: string;
  readonly accessor: string;
  readonly policies: readonly string[];
  readonly meta: Json;
  readonly role: string;
  readonly orphan: boolean;
  readonly renewable: boolean;
  readonly maxTtl: number;
  /** Seconds it was made for. */
  readonly ttl: number;
  /** Milliseconds; Infinity: for ever. */
  expiresAt: number;
}

export interface FakeLease {
  readonly id: string;
  readonly accessor: string;
  readonly maxTtl: number;
  readonly issuedAt: number;
  expiresAt: number;
  readonly login: string;
}

export interface FakeMount {
  readonly type: string;
  readonly version: '1' | '2';
  readonly secrets: Map<string, { data: Json; version: number; deleted: boolean }>;
  readonly roles: Map<string, Json>;
  readonly keys: Map<string, Buffer>;
}

/** One namespace: everything in Vault but the seal and the clock. */
export interface FakeNamespace {
  readonly mounts: Map<string, FakeMount>;
  readonly auths: Map<string, Map<string, Json>>;
  readonly policies: Map<string, Record<string, { capabilities: string[] }>>;
  readonly tokenRoles: Map<string, Json>;
  readonly tokens: Map<string, FakeToken>;
  readonly leases: Map<string, FakeLease>;
  readonly secretIds: Map<string, { role: string; mount: string; accessor: string }>;
  readonly wraps: Map<string, { path: string; body: Json; expiresAt: number }>;
  /** Logins that the database engine made and has not dropped. */
  readonly logins: Set<string>;
}

export function newNamespace(): FakeNamespace {
  return {
    mounts: new Map(),
    auths: new Map(),
    policies: new Map([
      [
        'default',
        {
          'auth/token/lookup-self': can('read'),
          'auth/token/renew-self': can('update'),
          'auth/token/revoke-self': can('update'),
          'sys/capabilities-self': can('update'),
        },
      ],
    ]),
    tokenRoles: new Map(),
    tokens: new Map(),
    leases: new Map(),
    secretIds: new Map(),
    wraps: new Map(),
    logins: new Set(),
  };
}

const can = (...capabilities: string[]) => ({ capabilities });

export const secretText = (prefix: string): string =>
  `${prefix}${randomBytes(18).toString('base64url')}`;

/** Seconds of `60`, `60s`, `15m` or `1h`. */
export function seconds(value: unknown): number {
  const [, count, unit] = /^([0-9]+)(s|m|h)?$/.exec(String(value ?? '0')) ?? [];
  return Number(count ?? 0) * { s: 1, m: 60, h: 3600 }[unit ?? 's']!;
}

/** What a refusal looks like; thrown by the fake's own handlers. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message?: string) {
    super(message ?? '');
    this.status = status;
  }
}

/** Capabilities on a path, by the most specific of the rules; Vault's own order, as far as the tests go. */
export function capabilitiesOn(
  space: FakeNamespace,
  policies: readonly string[],
  path: string,
): readonly string[] {
  if (policies.includes('root')) return ['root'];
  const plain = path.replace(/\/$/, '');
  const found = policies.flatMap((name) =>
    Object.entries(space.policies.get(name) ?? {})
      .filter(([rule]) => matches(rule, path) || matches(rule, plain))
      .map(([rule, { capabilities }]) => ({ rule, capabilities })),
  );
  const longest = Math.max(0, ...found.map(({ rule }) => rule.replace(/\*$/, '').length));
  const best = found.filter(({ rule }) => rule.replace(/\*$/, '').length === longest);
  const all = [...new Set(best.flatMap(({ capabilities }) => capabilities))].sort();
  return all.length === 0 ? ['deny'] : all;
}

function matches(rule: string, path: string): boolean {
  return rule.endsWith('*')
    ? path.startsWith(rule.slice(0, -1))
    : rule.replace(/\/$/, '') === path.replace(/\/$/, '');
}
