import type { Route } from '../contract/route.ts';
import { localError } from './error.ts';

/** A call without its types: what the generic client and the route table have in common. */
export interface UntypedCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

/** Path and query of a call, every value percent-encoded; a `*name` keeps its slashes. */
export function pathOf(route: Route, call: UntypedCall): string {
  const path = route.path.replace(/([:*])(\w+)/g, (_, kind: string, name: string) => {
    const value = call.params?.[name] ?? '';
    // An empty or dotted segment would reach another endpoint.
    const segments: string[] = kind === '*' ? value.split('/') : [value];
    if (segments.some((segment) => /^\.{0,2}$/.test(segment))) {
      throw localError('invalid_request', `${name} is not a name: ${JSON.stringify(value)}.`);
    }
    return segments.map(encodeURIComponent).join('/');
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.size > 0 ? `${path}?${query.toString()}` : path;
}

/** Method, headers and body of a call; `proof` are the headers that say who calls. */
export function initOf(
  route: Route,
  call: UntypedCall,
  proof: Record<string, string>,
): RequestInit {
  return {
    method: route.method,
    headers: {
      ...proof,
      accept: [route.produces ?? 'application/json', 'application/problem+json'].join(', '),
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
}
