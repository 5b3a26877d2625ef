import {
  type FakeNamespace,
  type FakeToken,
  type Json,
  Refused,
  secretText,
  seconds,
} from './fake-state.ts';

const LONGEST = 768 * 3600;

/** Makes a token; the answer's `auth` as Vault gives it. */
export function makeToken(
  space: FakeNamespace,
  now: number,
  wish: Pick<FakeToken, 'policies' | 'orphan'> & Partial<FakeToken> & { ttl: number },
): Json {
  const token: FakeToken = {
    id: secretText('hvs.'),
    accessor: secretText(''),
    meta: {},
    role: '',
    renewable: true,
    maxTtl: LONGEST,
    ...wish,
    expiresAt: now + wish.ttl * 1000,
  };
  space.tokens.set(token.accessor, token);
  return authOf(token, now, true);
}

function authOf(token: FakeToken, now: number, withId: boolean): Json {
  return {
    client_token: withId ? token.id : '',
    accessor: token.accessor,
    policies: token.policies,
    metadata: token.meta,
    lease_duration: Math.round((token.expiresAt - now) / 1000),
    renewable: token.renewable,
    orphan: token.orphan,
    token_type: 'service',
  };
}

/** `auth/token/…` */
export function tokenEndpoint(
  space: FakeNamespace,
  now: number,
  caller: FakeToken,
  method: string,
  path: string,
  body: Json,
): Json | undefined {
  const [verb = '', name = ''] = path.split('/');
  const byAccessor = () => {
    const token = space.tokens.get(String(body['accessor']));
    if (!token) throw new Refused(400, '1 error occurred:\n\t* invalid accessor\n\n');
    return token;
  };
  if (verb === 'roles' && method === 'POST') {
    space.tokenRoles.set(name, body);
    return undefined;
  }
  if (verb === 'create' && name !== '') return { auth: fromRole(space, now, name, body) };
  if (verb === 'create') {
    const policies = [
      ...new Set([...((body['policies'] as string[]) ?? caller.policies), 'default']),
    ];
    return {
      auth: makeToken(space, now, { policies, orphan: false, ttl: seconds(body['ttl'] ?? 3600) }),
    };
  }
  if (verb === 'accessors' && method === 'LIST')
    return { data: { keys: [...space.tokens.keys()] } };
  if (verb === 'lookup-self') return { data: look(caller, now, caller.id) };
  if (verb === 'lookup-accessor') return { data: look(byAccessor(), now, '') };
  if (verb === 'renew-self') return { auth: renew(caller, now, body) };
  if (verb === 'renew-accessor') return { auth: renew(byAccessor(), now, body) };
  if (verb === 'revoke-self') {
    dropToken(space, now, caller);
    return undefined;
  }
  if (verb === 'revoke-accessor') {
    const token = space.tokens.get(String(body['accessor']));
    if (!token) return { warnings: ['No token found with this accessor'] };
    dropToken(space, now, token);
    return undefined;
  }
  throw new Refused(404);
}

function fromRole(space: FakeNamespace, now: number, name: string, body: Json): Json {
  const role = space.tokenRoles.get(name);
  if (!role) throw new Refused(400, `unknown role ${name}`);
  const period = seconds(role['token_period']);
  const batch = role['token_type'] === 'batch';
  const policies = [...(role['allowed_policies'] as string[])];
  if (role['token_no_default_policy'] !== true) policies.push('default');
  const auth = makeToken(space, now, {
    policies,
    orphan: role['orphan'] === true,
    renewable: role['renewable'] !== false && !batch,
    meta: (body['meta'] as Json) ?? {},
    role: name,
    ttl: period || seconds(body['ttl']),
    maxTtl: seconds(role['token_explicit_max_ttl']) || LONGEST,
  });
  if (!batch) return auth;
  space.tokens.delete(String(auth['accessor']));
  return { ...auth, accessor: '' };
}

function renew(token: FakeToken, now: number, body: Json): Json {
  if (!token.renewable) throw new Refused(400, 'lease is not renewable');
  const ttl = Math.min(seconds(body['increment'] ?? token.ttl), token.maxTtl);
  token.expiresAt = now + ttl * 1000;
  return authOf(token, now, true);
}

function look(token: FakeToken, now: number, id: string): Json {
  const ttl = token.expiresAt === Infinity ? 0 : Math.floor((token.expiresAt - now) / 1000);
  const { accessor, policies, meta, role, renewable, orphan } = token;
  return { id, accessor, policies, meta, role, renewable, orphan, ttl };
}

/** A token takes its leases along: they are past their end at once, and end in Vault's own time. */
function dropToken(space: FakeNamespace, now: number, token: FakeToken): void {
  space.tokens.delete(token.accessor);
  for (const lease of space.leases.values()) {
    if (lease.accessor === token.accessor) lease.expiresAt = now - 1;
  }
}
