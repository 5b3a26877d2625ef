import type { Mask } from '../../../../domain/template.ts';

export interface SourceColumn {
  readonly name: string;
  readonly notNull: boolean;
  /** Computed from other columns: it is not copied, and not masked by itself. */
  readonly generated: boolean;
  /** Name of its base type in the catalog, e.g. `varchar`, `int8`. */
  readonly type: string;
  /** Category of that type: `S` are strings. */
  readonly category: string;
  /** Longest string, in characters; null where there is no limit. */
  readonly length: number | null;
  /** May the source's admin read it? */
  readonly readable: boolean;
  /** It takes part in a unique index. */
  readonly unique: boolean;
}

/** One column on its way into the template. */
export interface MaskedColumn extends SourceColumn {
  readonly mask: Mask;
  /** Equal values of one domain stay equal: columns that a foreign key ties together share one. */
  readonly domain: string;
}
