import type { ErrorCode } from '../domain/error-codes.ts';
import { REQUEST_ERRORS } from './errors/request.ts';
import type { ErrorShape } from './errors/shape.ts';
import { STATE_ERRORS } from './errors/state.ts';

/** The one table of errors; `docs/errors.md` is generated from it and a test holds both together. */
export const ERRORS: Readonly<Record<ErrorCode, ErrorShape>> = {
  ...REQUEST_ERRORS,
  ...STATE_ERRORS,
};
