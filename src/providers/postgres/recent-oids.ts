const KEPT = 10_000;

/**
 * OIDs of the roles this process made or revoked lately: after a role was dropped its sessions, if any,
 * can be found by nothing else. The oldest are forgotten.
 */
export class RecentOids {
  readonly #oids = new Map<string, number>();

  set(name: string, oid: number): void {
    this.#oids.delete(name);
    this.#oids.set(name, oid);
    for (const oldest of this.#oids.keys()) {
      if (this.#oids.size <= KEPT) break;
      this.#oids.delete(oldest);
    }
  }

  get(name: string): number | undefined {
    return this.#oids.get(name);
  }

  delete(name: string): void {
    this.#oids.delete(name);
  }
}
