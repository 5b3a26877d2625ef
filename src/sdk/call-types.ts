import type { z } from 'zod';
import type { OperationId, Routes } from '../contract/routes.ts';
import type { Limits } from './transport.ts';

type Schema<K extends OperationId, Part extends string> = Routes[K] extends {
  readonly [P in Part]: infer S extends z.ZodType;
}
  ? S
  : never;
type Input<S> = [S] extends [never] ? never : S extends z.ZodType ? z.input<S> : never;

/** Names of `:id` and `*name` in a path. */
type ParamName<Path extends string> = Path extends `${infer Head}/${infer Tail}`
  ? ParamName<Head> | ParamName<Tail>
  : Path extends `:${infer Name}` | `*${infer Name}`
    ? Name
    : never;
type Params<K extends OperationId> = [ParamName<Routes[K]['path']>] extends [never]
  ? never
  : Readonly<Record<ParamName<Routes[K]['path']>, string>>;

/** A member that is absent, optional or required, as its type says. */
type Member<Name extends string, T> = [T] extends [never]
  ? unknown
  : Record<never, never> extends T
    ? { readonly [N in Name]?: T }
    : { readonly [N in Name]: T };
type Idempotency<K extends OperationId> = Routes[K] extends { readonly idempotent: true }
  ? { readonly idempotencyKey?: string }
  : unknown;

/** What a call of that operation takes: its path parameters, query and body, by the route table. */
export type CallOptions<K extends OperationId> = Member<'params', Params<K>> &
  Member<'query', Input<Schema<K, 'query'>>> &
  Member<'body', Input<Schema<K, 'body'>>> &
  Idempotency<K> &
  Limits;

/** The options argument, which may be left out where nothing in it is required. */
export type CallArguments<K extends OperationId> =
  Record<never, never> extends CallOptions<K>
    ? [options?: CallOptions<K>]
    : [options: CallOptions<K>];

/** Operations that answer with a stream instead of JSON. */
export type StreamId = {
  [K in OperationId]: Routes[K] extends { readonly produces: string } ? K : never;
}[OperationId];
export type CallId = Exclude<OperationId, StreamId>;

/** What a call resolves to; nothing where the answer has no body. */
export type CallResult<K extends CallId> = [Schema<K, 'response'>] extends [never]
  ? undefined
  : z.output<Schema<K, 'response'>>;

/** Operations whose answer is a page. */
export type ListId = {
  [K in CallId]: CallResult<K> extends { items: unknown[]; next_cursor: string | null } ? K : never;
}[CallId];
export type ItemOf<K extends ListId> =
  CallResult<K> extends { items: (infer Item)[] } ? Item : never;
