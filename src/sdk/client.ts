import type { Route } from '../contract/route.ts';
import { type OperationId, ROUTES } from '../contract/routes.ts';
import type { CallArguments, CallId, CallResult, ItemOf, ListId, StreamId } from './call-types.ts';
import { localError } from './error.ts';
import { initOf, pathOf, type UntypedCall } from './request-of.ts';
import { type Limits, readJson, send, type Transport, transportTo } from './transport.ts';

/** One bearer: an access token of an agent, or an operator token. */
export type ClientOptions = {
  /** Base URL of the broker, e.g. `http://localhost:7300`. */
  readonly url: string;
  readonly fetch?: typeof fetch;
} & ({ readonly token: string } | { readonly operatorToken: string });

/** An answer that is read while it arrives. */
export interface StreamAnswer {
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Typed calls of every `/v1` endpoint; all of them throw {@link CountersignError}. */
export interface Client {
  /** Calls one operation and checks its answer by the schema of the route table. */
  call<K extends CallId>(operation: K, ...args: CallArguments<K>): Promise<CallResult<K>>;
  /** Every item of a list, page after page, fetched as they are consumed. */
  pages<K extends ListId>(operation: K, ...args: CallArguments<K>): AsyncGenerator<ItemOf<K>, void>;
  /** Calls an operation whose answer is a stream. */
  stream<K extends StreamId>(operation: K, ...args: CallArguments<K>): Promise<StreamAnswer>;
}

/** A client of the JSON API with one bearer. It keeps no state and opens nothing until it is called. */
export function createClient(options: ClientOptions): Client {
  const transport = transportTo(options.url, options.fetch);
  const bearer = 'token' in options ? options.token : options.operatorToken;
  const request = (operation: OperationId, call: UntypedCall & Limits) =>
    ask(transport, bearer, ROUTES[operation], call);
  const call = async (operation: OperationId, options: UntypedCall & Limits = {}) => {
    const route: Route = ROUTES[operation];
    const answer = await request(operation, options);
    if (route.response) return readJson(answer, route.response);
    await answer.body?.cancel();
    return undefined;
  };
  const client = {
    call,
    async *pages(operation: ListId, options: UntypedCall & Limits = {}) {
      let cursor: string | null = null;
      do {
        const query: UntypedCall['query'] = { ...options.query, ...(cursor ? { cursor } : {}) };
        const page = await call(operation, { ...options, query });
        const { items, next_cursor } = page as { items: unknown[]; next_cursor: string | null };
        yield* items;
        cursor = next_cursor;
      } while (cursor !== null);
    },
    async stream(operation: StreamId, options: UntypedCall & Limits = {}) {
      const answer = await request(operation, options);
      if (!answer.body) throw localError('unexpected_response', 'The answer has no body.', 200);
      return { headers: answer.headers, body: answer.body as AsyncIterable<Uint8Array> };
    },
  };
  // The route table types each operation; the one implementation below it cannot.
  return client as unknown as Client;
}

async function ask(
  transport: Transport,
  bearer: string,
  route: Route,
  call: UntypedCall & Limits,
): Promise<Response> {
  return send(
    transport,
    pathOf(route, call),
    initOf(route, call, { authorization: `Bearer ${bearer}` }),
    call,
  );
}
