interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (outcome: O) => void;
  readonly reject: (error: unknown) => void;
}

interface Line<I, O> {
  readonly waiting: Waiting<I, O>[];
  running: boolean;
}

/**
 * What several callers want of one resource at the same time is done in one go: while one page is on its
 * way, whoever comes shares the next. Resources know nothing of each other.
 */
export class Together<I, O> {
  readonly #lines = new Map<string, Line<I, O>>();
  readonly #run: (items: readonly I[]) => Promise<readonly O[]>;
  readonly #largest: number;
  readonly #gatherMs: number;

  /**
   * @param run answers each item, in order; what it throws is thrown to all of its page
   * @param gatherMs how long the first of a page waits for others
   */
  constructor(
    run: (items: readonly I[]) => Promise<readonly O[]>,
    { largest, gatherMs }: { readonly largest: number; readonly gatherMs: number },
  ) {
    this.#run = run;
    this.#largest = largest;
    this.#gatherMs = gatherMs;
  }

  add(resource: string, item: I): Promise<O> {
    const line = this.#lines.get(resource) ?? { waiting: [], running: false };
    this.#lines.set(resource, line);
    return new Promise<O>((resolve, reject) => {
      line.waiting.push({ item, resolve, reject });
      if (line.running) return;
      line.running = true;
      if (this.#gatherMs > 0) setTimeout(() => void this.#drain(resource, line), this.#gatherMs);
      else queueMicrotask(() => void this.#drain(resource, line));
    });
  }

  async #drain(resource: string, line: Line<I, O>): Promise<void> {
    while (line.waiting.length > 0) await this.#page(line.waiting.splice(0, this.#largest));
    line.running = false;
    this.#lines.delete(resource);
  }

  async #page(page: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const outcomes = await this.#run(page.map(({ item }) => item));
      page.forEach(({ resolve }, index) => {
        resolve(outcomes[index] as O);
      });
    } catch (error) {
      for (const { reject } of page) reject(error);
    }
  }
}
