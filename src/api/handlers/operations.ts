import { idempotent } from '../../broker/idempotent.ts';
import { takeOperationResult } from '../../broker/operation-result.ts';
import { ownOperation } from '../../broker/own.ts';
import { awaitOperation } from '../../broker/read-operation.ts';
import { submitOperation } from '../../broker/submit-operation.ts';
import { submitSandboxChanges } from '../../broker/submit-sandbox-changes.ts';
import type { Operation } from '../../domain/operation.ts';
import type { Handlers } from '../handler.ts';
import * as present from '../present-operation.ts';
import { goneOf } from './gone.ts';

export const operationHandlers: Pick<
  Handlers,
  'submitOperation' | 'getOperation' | 'getOperationResult'
> = {
  submitOperation: async ({ broker, principal, body, idempotencyKey }) => {
    const { scope, sql = '', params = [], lease } = body;
    const statements = [{ sql, params }];
    const make = () =>
      lease === undefined
        ? submitOperation(broker, principal, { kind: 'statement', scope, statements })
        : submitSandboxChanges(broker, principal, { scope, lease });
    if (idempotencyKey === undefined) return present.operation(await make(), broker);
    const key = { principal: principal.id, operation: 'submitOperation', key: idempotencyKey };
    const repeat = (id: string) => ownOperation(broker, principal, id);
    const verb = { make, repeat, referenceOf: ({ id }: Operation) => id };
    return present.operation(await idempotent(broker, key, body, verb), broker);
  },
  getOperation: async ({ broker, principal, params, query, response }) =>
    present.operation(
      await awaitOperation(broker, principal, params['id'] ?? '', query.wait, goneOf(response)),
      broker,
    ),
  getOperationResult: async ({ broker, principal, params }) => {
    const results = await takeOperationResult(broker, principal, params['id'] ?? '');
    return {
      results: results.map(({ columns, rows, rowCount }) => ({
        columns: [...columns],
        rows: rows.map((row) => [...row]),
        row_count: rowCount,
      })),
    };
  },
};
