/** What becomes of a column on its way from the source into a template. */
export const MASKS = ['keep', 'null', 'hash', 'fake'] as const;
export type Mask = (typeof MASKS)[number];

/** What a resource file says about one template: where its rows come from, and which are masked how. */
export interface TemplateDefinition {
  /** The resource whose database is copied. */
  readonly source: string;
  /**
   * `schema.table`: columns without a rule become null. `schema.table.column`: this column is never
   * kept, and becomes null without a rule.
   */
  readonly personal: readonly string[];
  /** `schema.table` → column → what becomes of it. */
  readonly masking: Readonly<Record<string, Readonly<Record<string, Mask>>>>;
}

/**
 * building → ready → retired (a newer one is ready) → dropping → dropped; a build that failed or whose
 * builder died goes to `failed`, and is dropped as well.
 */
export const TEMPLATE_STATES = [
  'building',
  'ready',
  'retired',
  'failed',
  'dropping',
  'dropped',
] as const;
export type TemplateState = (typeof TEMPLATE_STATES)[number];

/** How far a build has come. */
export interface TemplateProgress {
  /** The table whose rows are being copied, or what else is going on. */
  readonly step: string;
  readonly tables: number;
  readonly tablesDone: number;
  readonly rows: number;
}

/** Something of the source that is not in the template, and why. */
export interface SkippedObject {
  /** `view public.latest`, `policy own_rows on public.orders` … */
  readonly what: string;
  readonly why: string;
}

/** What a finished build made. */
export interface TemplateReport {
  readonly bytes: number;
  readonly tables: number;
  readonly rows: number;
  /** Columns that were masked, by what was done: `public.customers.email` → `fake`. */
  readonly masked: Readonly<Record<string, Mask>>;
  readonly skipped: readonly SkippedObject[];
}

/** One version of a template. Times are Unix milliseconds of the database clock. */
export interface TemplateVersion {
  readonly id: string;
  readonly resource: string;
  readonly name: string;
  /** Counts from 1 within the template. */
  readonly version: number;
  readonly state: TemplateState;
  /** Name of its database, on record before anything is made. */
  readonly database: string;
  /** SHA-256 of the definition it was built by. */
  readonly definition: string;
  readonly source: string;
  /** Where it is built: the address its root credential named, and what the server says it is. */
  readonly server?: string;
  readonly serverIdentity?: string;
  readonly progress?: TemplateProgress;
  readonly report?: TemplateReport;
  readonly error?: string;
  readonly createdAt: number;
  readonly readyAt?: number;
  readonly endedAt?: number;
}

/** The template that constraints of a sandbox scope name; what else is wrong with them its provider says. */
export function templateNameOf(constraints: unknown): string | undefined {
  if (typeof constraints !== 'object' || constraints === null) return undefined;
  if (!('template' in constraints) || typeof constraints.template !== 'string') return undefined;
  return constraints.template;
}

/** A definition as text, the same for the same meaning, so that versions can be told apart by it. */
export function definitionText({ source, personal, masking }: TemplateDefinition): string {
  const sorted = <T>(record: Readonly<Record<string, T>>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = sorted(masking).map(([table, columns]) => [table, sorted(columns)]);
  return JSON.stringify([source, [...new Set(personal)].sort(), rules]);
}
