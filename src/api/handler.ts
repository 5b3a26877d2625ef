import type { ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Broker } from '../broker/context.ts';
import type { Visitor } from '../broker/visitor.ts';
import type { OperationId, Routes } from '../contract/routes.ts';
import type { BrokerError } from '../domain/errors.ts';
import type { AgentPrincipal, OperatorPrincipal, Principal } from '../domain/principal.ts';

type Output<K extends OperationId, P extends 'query' | 'body'> = Routes[K] extends {
  readonly [M in P]: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;
type PrincipalOf<K extends OperationId> = Routes[K]['caller'] extends 'agent'
  ? AgentPrincipal
  : Routes[K]['caller'] extends 'operator'
    ? OperatorPrincipal
    : Routes[K]['caller'] extends 'anyone'
      ? undefined
      : Exclude<Principal, { type: 'resource_server' }>;

/** One request that was authenticated, authorised and parsed by its route. */
export interface Call<K extends OperationId> {
  readonly broker: Broker;
  readonly principal: PrincipalOf<K>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Output<K, 'query'>;
  readonly body: Output<K, 'body'>;
  readonly idempotencyKey: string | undefined;
  /** The browser that asks; one that is new here gets its cookie with the answer. */
  readonly visitor: () => Visitor;
  /** For a refusal that is shown as a page: says in the log what the caller is not told. */
  readonly logRefusal: (error: BrokerError) => void;
  /** For the one route that streams. */
  readonly response: ServerResponse;
}

/** Answers with the payload of the route's schema; `undefined` for no body or a finished stream. */
export type Handler<K extends OperationId> = (call: Call<K>) => Promise<unknown>;
export type Handlers = { readonly [K in OperationId]: Handler<K> };

/** What a route that `awaits` answers with 202: an approval has to come first. */
export class Awaiting {
  readonly body: unknown;
  constructor(body: unknown) {
    this.body = body;
  }
}
