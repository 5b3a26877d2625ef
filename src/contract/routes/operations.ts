import { route } from '../route.ts';
import * as operations from '../schemas/operations.ts';

/** Statements that the broker runs itself. */
export const OPERATIONS_ROUTES = {
  submitOperation: route({
    method: 'POST',
    path: '/v1/operations',
    caller: 'agent',
    summary:
      'Have one statement run under a scope of this token, once it is approved where that is needed',
    body: operations.OperationCreate,
    status: 201,
    response: operations.Operation,
    idempotent: true,
    bodyLimit: 262_144,
  }),
  getOperation: route({
    method: 'GET',
    path: '/v1/operations/:id',
    caller: 'either',
    summary: 'Show an operation; begins it when it is approved; with `wait`, once it is over',
    query: operations.OperationQuery,
    status: 200,
    response: operations.Operation,
  }),
  getOperationResult: route({
    method: 'GET',
    path: '/v1/operations/:id/result',
    caller: 'agent',
    summary: 'What it answered: given out once',
    status: 200,
    response: operations.OperationResult,
  }),
} as const;
