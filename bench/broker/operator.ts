import { type Caller, newKey } from '../assertions.ts';
import { type Broker, type BrokerHome, countersign } from './start.ts';

/** Calls of the JSON API as an admin. */
export interface Operator {
  /** @throws when the answer is not 2xx, with the problem's text */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** Gets in the way scripts do: a token printed where the store's credentials are. */
export async function operatorOf(home: BrokerHome, broker: Broker): Promise<Operator> {
  const args = ['operator', 'token', '--role', 'admin', '--ttl', '1h', '--json'];
  const { token } = JSON.parse(await countersign(home.env, args)) as { token: string };
  return {
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await fetch(`${broker.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    },
  };
}

/** Registers an agent of that team with a fresh key. */
export function registerAgent(operator: Operator, name: string, team: string): Promise<Caller> {
  const owner = 'dana@example.com';
  return register(operator, '/v1/agents', { name, owner, teams: [team] });
}

export function registerResourceServer(operator: Operator, audience: string): Promise<Caller> {
  return register(operator, '/v1/resource-servers', { name: 'bench-orders-api', audience });
}

async function register(
  operator: Operator,
  path: string,
  body: Readonly<Record<string, unknown>> & { readonly name: string },
): Promise<Caller> {
  const { privateKey, publicJwk } = newKey(body.name);
  const jwks = { keys: [publicJwk] };
  const { id } = await operator.call<{ id: string }>('POST', path, { ...body, jwks });
  return { id, kid: body.name, privateKey };
}
