import type { IssueRequest } from '../../ports/provider.ts';
import { constraintsOf } from './constraints.ts';

/** What `issue` asks Vault for, in order. */
export function plan(request: Omit<IssueRequest, 'root' | 'signal'>): string[] {
  const { path, token_role: role } = constraintsOf(request.scope);
  return [
    `POST auth/token/create/${role} ttl=60s meta.countersign=${request.lease.outsideName}`,
    `POST auth/token/renew-accessor until ${new Date(request.lease.expiresAt).toISOString()}`,
    `GET ${path} with that token`,
  ];
}
