import type { Countable } from '../../../domain/operation.ts';
import type { Cascade } from './foreign-keys.ts';
import type { TargetTable } from './table.ts';

/** One statement with everything it reaches, by the catalog. */
export interface Reached {
  readonly statement: Countable;
  readonly table: TargetTable;
  readonly cascades: readonly Cascade[];
}
