import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import {
  type FakeMount,
  type FakeNamespace,
  type FakeToken,
  type Json,
  Refused,
  secretText,
  seconds,
} from './fake-state.ts';

/** A path below a mounted engine. */
export function engine(
  space: FakeNamespace,
  now: number,
  caller: FakeToken,
  method: string,
  at: string,
  mount: FakeMount,
  path: string,
  body: Json,
): Json | undefined {
  if (mount.type === 'kv') return kv(mount, method, path, body);
  if (mount.type === 'transit') return transit(mount, path, body);
  const [what = '', name = ''] = path.split('/');
  if (what === 'config' || what === 'roles') {
    mount.roles.set(`${what}/${name}`, body);
    return undefined;
  }
  if (what === 'creds' && method === 'GET') return creds(space, now, caller, at, mount, name);
  throw new Refused(404);
}

function kv(mount: FakeMount, method: string, path: string, body: Json): Json | undefined {
  const { secrets } = mount;
  if (mount.version === '1') {
    if (method === 'POST') {
      secrets.set(path, { data: body, version: 0, deleted: false });
      return undefined;
    }
    if (method === 'DELETE') return void secrets.delete(path);
    const found = secrets.get(path);
    if (!found) throw new Refused(404);
    return { data: found.data };
  }
  const [part, ...rest] = path.split('/');
  const name = rest.join('/');
  const found = secrets.get(name);
  if (part === 'data' && method === 'POST') {
    const version = (found?.version ?? 0) + 1;
    secrets.set(name, { data: body['data'] as Json, version, deleted: false });
    return { data: { version } };
  }
  if (part === 'data' && method === 'DELETE') {
    if (found) found.deleted = true;
    return undefined;
  }
  if (part === 'metadata' && method === 'DELETE') return void secrets.delete(name);
  if (part !== 'data' || !found || found.deleted) throw new Refused(404);
  return { data: { data: found.data, metadata: { version: found.version, destroyed: false } } };
}

function transit(mount: FakeMount, path: string, body: Json): Json | undefined {
  const [what = '', name = ''] = path.split('/');
  if (what === 'keys') {
    mount.keys.set(name, randomBytes(32));
    return undefined;
  }
  const key = mount.keys.get(name);
  if (!key) throw new Refused(400, 'encryption key not found');
  const aad = Buffer.from(String(body['associated_data'] ?? ''), 'base64');
  if (what === 'encrypt') {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(aad);
    const plain = Buffer.from(String(body['plaintext']), 'base64');
    const bytes = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { data: { ciphertext: `vault:v1:${bytes.toString('base64')}`, key_version: 1 } };
  }
  try {
    const bytes = Buffer.from(String(body['ciphertext']).slice('vault:v1:'.length), 'base64');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(aad);
    decipher.setAuthTag(bytes.subarray(-16));
    const plain = Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
    return { data: { plaintext: plain.toString('base64') } };
  } catch {
    throw new Refused(400, 'cipher: message authentication failed');
  }
}

function creds(
  space: FakeNamespace,
  now: number,
  caller: FakeToken,
  at: string,
  mount: FakeMount,
  name: string,
): Json {
  const role = mount.roles.get(`roles/${name}`);
  if (!role) throw new Refused(400, `1 error occurred:\n\t* unknown role: ${name}\n\n`);
  const id = `${at}creds/${name}/${secretText('')}`;
  const ttl = seconds(role['default_ttl'] ?? 3600);
  const login = secretText('v-');
  space.logins.add(login);
  space.leases.set(id, {
    id,
    accessor: caller.accessor,
    login,
    issuedAt: now,
    expiresAt: now + ttl * 1000,
    maxTtl: seconds(role['max_ttl'] ?? 86_400),
  });
  const sts = role['credential_type'] === 'assumed_role' ? secretText('sts-') : null;
  const data =
    mount.type === 'aws'
      ? { access_key: login, secret_key: secretText('aws-'), security_token: sts }
      : { username: login, password: secretText('pw-') };
  return { lease_id: id, lease_duration: ttl, renewable: true, data };
}

/** `sys/leases/…` */
export function leaseEndpoint(
  space: FakeNamespace,
  now: number,
  method: string,
  path: string,
  body: Json,
): Json | undefined {
  const lease = space.leases.get(String(body['lease_id']));
  if (path === 'revoke') {
    if (lease) drop(space, lease.id);
    return undefined;
  }
  if (path === 'renew') {
    if (!lease) throw new Refused(400, 'lease not found');
    const wanted = seconds(body['increment']) * 1000;
    lease.expiresAt = Math.min(now + wanted, lease.issuedAt + lease.maxTtl * 1000);
    const lease_duration = Math.round((lease.expiresAt - now) / 1000);
    return { lease_id: lease.id, lease_duration, renewable: true };
  }
  if (path === 'lookup') {
    if (!lease) throw new Refused(400, 'invalid lease');
    return { data: { id: lease.id, ttl: Math.floor((lease.expiresAt - now) / 1000) } };
  }
  if (path.startsWith('lookup/') && method === 'LIST') {
    const prefix = `${path.slice('lookup/'.length).replace(/\/$/, '')}/`;
    const keys = [...space.leases.keys()].filter((id) => id.startsWith(prefix));
    if (keys.length === 0) throw new Refused(404);
    const answer = { data: { keys: keys.map((id) => id.slice(prefix.length)) } };
    // Vault's own worker takes what is past its end; here, after somebody has seen it once.
    for (const one of [...space.leases.values()])
      if (one.expiresAt <= now) queueMicrotask(() => drop(space, one.id));
    return answer;
  }
  throw new Refused(404);
}

function drop(space: FakeNamespace, id: string): void {
  const lease = space.leases.get(id);
  if (lease) space.logins.delete(lease.login);
  space.leases.delete(id);
}
