/** What an agent changed in its sandbox, against the template it was cloned from. Bounded everywhere. */
export interface SandboxChanges {
  readonly schema: SchemaChanges;
  readonly tables: readonly TableChanges[];
  /** Tables whose rows could not be compared, and why. */
  readonly notCompared: readonly { readonly table: string; readonly why: string }[];
  readonly cut: {
    /** Schema changes, tables with changes, and tables not compared, beyond those listed. */
    readonly schemaChanges: number;
    readonly tables: number;
    readonly notCompared: number;
  };
}

export interface SchemaChanges {
  readonly added: readonly SchemaObject[];
  readonly removed: readonly SchemaObject[];
  readonly changed: readonly (SchemaObject & { readonly before: string })[];
}

export interface SchemaObject {
  /** `table`, `column`, `index`, `function` … */
  readonly kind: string;
  readonly name: string;
  /** Cut to a few hundred characters. */
  readonly definition: string;
}

export interface TableChanges {
  readonly table: string;
  /** Exact counts; `rows` holds the first of them. */
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly rows: readonly RowChange[];
  /** Changed rows that are not in `rows`. */
  readonly rowsCut: number;
}

/** Values are as text, cut; null is SQL's null. */
export interface RowChange {
  readonly kind: 'inserted' | 'updated' | 'deleted';
  readonly key: Readonly<Record<string, string | null>>;
  /** Of an update, only the columns that differ. */
  readonly before?: Readonly<Record<string, string | null>>;
  readonly after?: Readonly<Record<string, string | null>>;
}
