import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../line.ts';
import { type VaultApi, vaultApi } from './api.ts';
import { engine, leaseEndpoint } from './fake-engines.ts';
import {
  capabilitiesOn,
  type FakeNamespace,
  type FakeToken,
  type Json,
  newNamespace,
  Refused,
  secretText,
  seconds,
} from './fake-state.ts';
import { makeToken, tokenEndpoint } from './fake-tokens.ts';

/** A Vault in this process: its rules as far as the tests go, for machines without the real one. */
export interface FakeVault extends VaultApi {
  /** Logins that its database engine made and has not dropped. */
  logins(namespace?: string): string[];
  /** Each request that came: method and path. */
  readonly seen: string[];
  /** Answers every request like this, until undefined. */
  answerWith(
    answer: { status: number; body?: object; headers?: Record<string, string> } | undefined,
  ): void;
  /** Ends every connection and the port, and comes back with its state after a moment. */
  killAndRevive(): Promise<void>;
  stop(): Promise<void>;
}

const UNAUTHENTICATED = /^(?:sys\/(?:health|wrapping\/(?:lookup|unwrap))|auth\/[^/]+\/login)$/;
const SUDO =
  /^(?:auth\/token\/accessors|sys\/(?:leases\/(?:lookup|revoke-prefix|revoke-force)\/|auth\/|raw))/;
const CAPABILITY: Record<string, string> = {
  GET: 'read',
  LIST: 'list',
  POST: 'update',
  DELETE: 'delete',
};

export async function startFakeVault(): Promise<FakeVault> {
  const rootToken = secretText('root-');
  const root: FakeToken = {
    id: rootToken,
    accessor: 'root',
    policies: ['root'],
    meta: {},
    role: '',
    orphan: true,
    renewable: false,
    maxTtl: 0,
    ttl: 0,
    expiresAt: Infinity,
  };
  const spaces = new Map<string, FakeNamespace>([['', newNamespace()]]);
  let sealed = false;
  let fixed: Parameters<FakeVault['answerWith']>[0];
  const seen: string[] = [];
  const spaceOf = (name: string) => {
    const space = spaces.get(name.replace(/\/$/, ''));
    if (!space) throw new Refused(404, 'no such namespace');
    return space;
  };

  function answer(request: IncomingMessage, body: Json): { status: number; body?: object } {
    const url = new URL(request.url ?? '', 'http://fake');
    const path = url.pathname.replace(/^\/v1\//, '');
    const method = url.searchParams.get('list') === 'true' ? 'LIST' : (request.method ?? 'GET');
    seen.push(`${method} ${path}`);
    if (path === 'sys/health') {
      const server_time_utc = Math.floor(Date.now() / 1000);
      return {
        status: sealed ? 503 : 200,
        body: { sealed, standby: false, version: 'fake', server_time_utc },
      };
    }
    if (sealed) throw new Refused(503, 'Vault is sealed');
    const space = spaceOf(String(request.headers['x-vault-namespace'] ?? ''));
    const token = String(request.headers['x-vault-token'] ?? '');
    const caller = token === rootToken ? root : findToken(space, token);
    if (!UNAUTHENTICATED.test(path)) permit(space, caller, method, path);
    const made = dispatch(space, caller ?? root, method, path, body, token);
    if (made && request.headers['x-vault-wrap-ttl']) {
      return {
        status: 200,
        body: wrap(space, path, made, String(request.headers['x-vault-wrap-ttl'])),
      };
    }
    return made === undefined
      ? { status: 204 }
      : { status: 200, body: { lease_id: '', data: null, auth: null, ...made } };
  }

  function dispatch(
    space: FakeNamespace,
    caller: FakeToken,
    method: string,
    path: string,
    body: Json,
    token: string,
  ): Json | undefined {
    const now = Date.now();
    const [, rest = ''] = /^sys\/(.+)$/.exec(path) ?? [];
    if (rest === 'seal') {
      sealed = true;
      return undefined;
    }
    if (rest.startsWith('namespaces/')) {
      spaces.set(rest.slice('namespaces/'.length), newNamespace());
      return {};
    }
    if (rest !== '') return system(space, caller, method, rest, body, token);
    if (path.startsWith('auth/token/'))
      return tokenEndpoint(space, now, caller, method, path.slice('auth/token/'.length), body);
    if (path.startsWith('auth/')) return login(space, now, path.slice('auth/'.length), body);
    const at = [...space.mounts.keys()].find((one) => path.startsWith(one));
    const mount = at === undefined ? undefined : space.mounts.get(at);
    if (at === undefined || !mount) throw new Refused(404);
    return engine(space, now, caller, method, at, mount, path.slice(at.length), body);
  }

  const server = createServer((request, response) => void respond(request, response));
  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    let made: { status: number; body?: object; headers?: Record<string, string> };
    try {
      made = fixed ?? answer(request, text === '' ? {} : (JSON.parse(text) as Json));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      made = {
        status: error.status,
        body: { errors: error.message === '' ? [] : [error.message] },
      };
    }
    response.writeHead(made.status, { 'content-type': 'application/json', ...made.headers });
    response.end(made.body === undefined ? undefined : JSON.stringify(made.body));
  }
  const port = await listen(server, 0);
  return {
    ...vaultApi(`http://127.0.0.1:${port}`, rootToken),
    seen,
    logins: (namespace = '') => [...spaceOf(namespace).logins],
    answerWith: (next) => {
      fixed = next;
    },
    killAndRevive: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await listen(server, port);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function findToken(space: FakeNamespace, id: string): FakeToken | undefined {
  return [...space.tokens.values()].find(
    (token) => token.id === id && token.expiresAt > Date.now(),
  );
}

function permit(
  space: FakeNamespace,
  caller: FakeToken | undefined,
  method: string,
  path: string,
): void {
  if (!caller) throw new Refused(403, 'permission denied');
  if (path.startsWith('sys/internal/ui/mounts/')) return;
  const held = capabilitiesOn(space, caller.policies, path);
  if (held.includes('root')) return;
  if (!held.includes(CAPABILITY[method] ?? '') && !(method === 'POST' && held.includes('create')))
    throw new Refused(403, 'permission denied');
  if (SUDO.test(path) && !held.includes('sudo')) throw new Refused(403, 'permission denied');
}

function system(
  space: FakeNamespace,
  caller: FakeToken,
  method: string,
  path: string,
  body: Json,
  token: string,
): Json | undefined {
  const now = Date.now();
  const [first = '', ...others] = path.split('/');
  const name = others.join('/');
  if (first === 'mounts') {
    const version = (body['options'] as Json | undefined)?.['version'] === '2' ? '2' : '1';
    space.mounts.set(`${name}/`, {
      type: String(body['type']),
      version,
      secrets: new Map(),
      roles: new Map(),
      keys: new Map(),
    });
    return undefined;
  }
  if (first === 'auth') return void space.auths.set(name, new Map());
  if (first === 'policies') {
    const policy = JSON.parse(String(body['policy'])) as {
      path: Record<string, { capabilities: string[] }>;
    };
    return void space.policies.set(name.slice('acl/'.length), policy.path);
  }
  if (first === 'leases') return leaseEndpoint(space, now, method, name, body);
  if (path === 'capabilities-self') {
    const paths = body['paths'] as string[];
    return {
      data: Object.fromEntries(
        paths.map((one) => [one, capabilitiesOn(space, caller.policies, one)]),
      ),
    };
  }
  if (path.startsWith('internal/ui/mounts/')) {
    const wanted = path.slice('internal/ui/mounts/'.length);
    const at = [...space.mounts.keys()].find((one) => wanted.startsWith(one));
    const mount = at === undefined ? undefined : space.mounts.get(at);
    // Vault shows a mount to whoever may do anything below it.
    const seen = caller.policies.some(
      (name) =>
        name === 'root' ||
        Object.keys(space.policies.get(name) ?? {}).some((rule) => at && rule.startsWith(at)),
    );
    if (!mount || !seen) throw new Refused(403, 'preflight capability check returned 403');
    return {
      data: {
        path: at,
        type: mount.type,
        options: mount.type === 'kv' ? { version: mount.version } : null,
      },
    };
  }
  if (path === 'wrapping/lookup' || path === 'wrapping/unwrap') {
    const id = path === 'wrapping/lookup' ? String(body['token']) : token;
    const wrapped = space.wraps.get(id);
    if (!wrapped || wrapped.expiresAt <= now)
      throw new Refused(400, 'wrapping token is not valid or does not exist');
    if (path === 'wrapping/lookup')
      return { data: { creation_path: wrapped.path, creation_ttl: 60 } };
    space.wraps.delete(id);
    return wrapped.body;
  }
  throw new Refused(404);
}

function wrap(space: FakeNamespace, path: string, body: Json, ttl: string): Json {
  const token = secretText('hvs.wrap-');
  space.wraps.set(token, { path, body, expiresAt: Date.now() + seconds(ttl) * 1000 });
  return { data: null, auth: null, wrap_info: { token, creation_path: path, ttl: seconds(ttl) } };
}

/** AppRole and Kubernetes: roles, secret ids and the login itself. */
function login(space: FakeNamespace, now: number, path: string, body: Json): Json | undefined {
  const [mount = '', what = '', name = '', leaf = '', ...rest] = path.split('/');
  const roles = space.auths.get(mount);
  if (!roles) throw new Refused(404);
  if (what === 'config') return undefined;
  if (what === 'role' && leaf === '')
    return void roles.set(name, { role_id: `id-of-${name}`, ...body });
  if (what === 'role' && leaf === 'role-id') return { data: { role_id: `id-of-${name}` } };
  if (what === 'role' && leaf === 'secret-id') {
    const [secret_id, secret_id_accessor] = [secretText('sid-'), secretText('')];
    space.secretIds.set(secret_id, { role: name, mount, accessor: secret_id_accessor });
    return { data: { secret_id, secret_id_accessor } };
  }
  if (what === 'role' && leaf === 'secret-id-accessor' && rest[0] === 'destroy') {
    for (const [id, one] of space.secretIds)
      if (one.accessor === body['secret_id_accessor']) space.secretIds.delete(id);
    return undefined;
  }
  if (what !== 'login') throw new Refused(404);
  const role =
    body['jwt'] === undefined ? byAppRole(space, roles, body) : roles.get(String(body['role']));
  if (!role) throw new Refused(400, 'invalid role or secret ID');
  if (body['jwt'] === 'a-stranger') throw new Refused(403, 'permission denied');
  const policies = [...(role['token_policies'] as string[]), 'default'];
  return {
    auth: makeToken(space, now, {
      policies,
      orphan: true,
      ttl: seconds(role['token_ttl'] ?? 3600),
    }),
  };
}

function byAppRole(space: FakeNamespace, roles: Map<string, Json>, body: Json): Json | undefined {
  const known = space.secretIds.get(String(body['secret_id']));
  const role = known && roles.get(known.role);
  return role?.['role_id'] === body['role_id'] ? role : undefined;
}
