import type { TokenRecord } from './grant.ts';

export type OperatorRole = 'admin' | 'approver' | 'auditor';

/** Whoever was authenticated. */
export type Principal =
  | { readonly type: 'agent'; readonly id: string; readonly token: TokenRecord }
  | { readonly type: 'operator'; readonly id: string; readonly role: OperatorRole }
  | { readonly type: 'resource_server'; readonly id: string; readonly audience: string };
export type AgentPrincipal = Extract<Principal, { type: 'agent' }>;
export type OperatorPrincipal = Extract<Principal, { type: 'operator' }>;
