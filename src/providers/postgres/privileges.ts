import pg from 'pg';

const quote = pg.escapeIdentifier;

/** One privilege on one thing, or on one column of it. Names are the catalog's, unquoted. */
export interface HeldPrivilege {
  readonly kind: 'TABLE' | 'SEQUENCE' | 'SCHEMA' | 'DATABASE';
  /** `null` for schemas and databases. */
  readonly schema: string | null;
  readonly name: string;
  readonly privilege: string;
  readonly column: string | null;
}

function target({ kind, schema, name }: HeldPrivilege): string {
  return `${kind} ${schema === null ? '' : `${quote(schema)}.`}${quote(name)}`;
}

function fragment({ privilege, column }: HeldPrivilege): string {
  return column === null ? privilege : `${privilege} (${quote(column)})`;
}

/** A set of privileges that can be compared with another and written as GRANT and REVOKE. */
export class PrivilegeSet {
  readonly #items = new Map<string, HeldPrivilege>();

  add(item: HeldPrivilege): void {
    this.#items.set(`${fragment(item)} ON ${target(item)}`, item);
  }

  get size(): number {
    return this.#items.size;
  }

  items(): HeldPrivilege[] {
    return [...this.#items.values()];
  }

  /** What is here and not there. */
  without(other: PrivilegeSet): PrivilegeSet {
    const rest = new PrivilegeSet();
    for (const [key, item] of this.#items) if (!other.#items.has(key)) rest.add(item);
    return rest;
  }

  /** One statement per thing. */
  grantTo(role: string, suffix = ''): string[] {
    return this.#byTarget('GRANT', `TO ${quote(role)}${suffix}`);
  }

  revokeFrom(role: string): string[] {
    return this.#byTarget('REVOKE', `FROM ${quote(role)}`);
  }

  /** `SELECT, UPDATE ON TABLE "public"."orders"`, for messages. */
  phrases(): string[] {
    return this.#byTarget('', '').map((phrase) => phrase.trim());
  }

  #byTarget(verb: string, rest: string): string[] {
    const targets = new Map<string, string[]>();
    for (const item of this.#items.values()) {
      const held = targets.get(target(item)) ?? [];
      held.push(fragment(item));
      targets.set(target(item), held);
    }
    return [...targets].map(([on, held]) => `${verb} ${held.join(', ')} ON ${on} ${rest}`);
  }
}
