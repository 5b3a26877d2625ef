import { bundleInvalid } from '../domain/errors.ts';
import { LIMITS } from './limits.ts';

/** One finding about a bundle: where, and a sentence. Never repeats a value from a file. */
export interface Problem {
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** Collects problems, so that a bundle is refused whole with all of them. */
export class Problems {
  readonly #found: Problem[] = [];

  add(file: string, line: number, message: string): void {
    if (this.#found.length < LIMITS.problems) this.#found.push({ file, line, message });
  }

  get list(): readonly Problem[] {
    return [...this.#found].sort((a, b) => compare(a.file, b.file) || a.line - b.line);
  }

  /** @throws `bundle_invalid` with every problem, if there is one */
  throwIfAny(): void {
    if (this.#found.length > 0) throw bundleInvalid(this.list);
  }
}

/** Order by code unit: the same on every machine, whatever its locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
