import type { CallResult } from './call-types.ts';
import type { Client } from './client.ts';
import type { Limits } from './transport.ts';

/** What is to be run under a scope of the token: one statement with its values, or the changes of a sandbox lease. */
export type OperationWish =
  | {
      readonly scope: string;
      readonly sql: string;
      readonly params?: readonly (string | number | boolean | null)[];
    }
  | { readonly scope: string; readonly lease: string };

export type OperationRecord = CallResult<'getOperation'>;
export type OperationAnswer = CallResult<'getOperationResult'>;

/** Statements that the broker runs itself. */
export interface Operations {
  /** Hands it in. Where it waits for persons, `approval_uri` is where they decide. */
  submit(
    wish: OperationWish,
    limits?: Limits & { idempotencyKey?: string },
  ): Promise<OperationRecord>;
  /** Begins it when it is approved, and resolves once it is over. The signal ends the wait. */
  wait(id: string, limits?: Limits): Promise<OperationRecord>;
  /**
   * All of it: hands it in, tells where it waits, waits, fetches what it answered. Look at `state`: `result` is
   * there where it succeeded.
   */
  run(
    wish: OperationWish,
    options?: Limits & { readonly onPending?: (operation: OperationRecord) => void },
  ): Promise<{ readonly operation: OperationRecord; readonly result?: OperationAnswer }>;
}

/** Seconds one request waits. */
const WAIT = 25;

/** @param client with a task token that carries the scope */
export function createOperations(client: Client): Operations {
  const submit: Operations['submit'] = (wish, limits = {}) => {
    const { scope } = wish;
    const body =
      'lease' in wish
        ? { scope, lease: wish.lease }
        : { scope, sql: wish.sql, params: [...(wish.params ?? [])] };
    return client.call('submitOperation', { ...limits, body });
  };
  const wait: Operations['wait'] = async (id, limits = {}) => {
    for (;;) {
      const query = { wait: WAIT };
      const found = await client.call('getOperation', { ...limits, params: { id }, query });
      if (found.state !== 'pending' && found.state !== 'executing') return found;
    }
  };
  return {
    submit,
    wait,
    async run(wish, { onPending, ...limits } = {}) {
      const submitted = await submit(wish, limits);
      if (submitted.state === 'pending') onPending?.(submitted);
      const operation = await wait(submitted.id, limits);
      if (operation.state !== 'succeeded') return { operation };
      const params = { id: operation.id };
      return { operation, result: await client.call('getOperationResult', { ...limits, params }) };
    },
  };
}
