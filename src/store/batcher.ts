/** Callers of one key (an agent) that may wait at once; more are turned away. */
const PER_KEY = 1_024;

interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (outcome: O) => void;
  readonly reject: (error: unknown) => void;
}

export interface Batcher<I, O> {
  /** Resolves when the batch that carried the item is durable. @throws what `full` makes */
  add(key: string, item: I): Promise<O>;
}

export interface BatcherOptions<I, O> {
  readonly largest: number;
  /** Batches that may be on their way at once; one waits for the disk while another is prepared. */
  readonly lanes?: number;
  /** How many must wait before a batch sets out beside one that is under way; less joins the next. */
  readonly worthwhile?: number;
  readonly run: (items: readonly I[]) => Promise<readonly O[]>;
  readonly full: () => Error;
  /** Whether a failure can be the doing of one item; then each is run by itself, so that it fails alone. */
  readonly mayBeOne: (error: unknown) => boolean;
}

/**
 * Group commit: a few batches run at a time, and whoever comes meanwhile shares the next one. Keys
 * take turns within a batch, so one agent's flood delays the others by a turn, not by its queue.
 */
export function createBatcher<I, O>(options: BatcherOptions<I, O>): Batcher<I, O> {
  const queues = new Map<string, Waiting<I, O>[]>();
  const { lanes = 1, worthwhile = 1 } = options;
  let running = 0;
  let waiting = 0;

  function take(): Waiting<I, O>[] {
    const batch: Waiting<I, O>[] = [];
    for (const [key, queue] of queues) {
      const next = queue.shift();
      if (next) batch.push(next);
      // To the end of the line (where this very loop comes by again): more keys than fit into a batch
      // take turns as well.
      queues.delete(key);
      if (queue.length > 0) queues.set(key, queue);
      if (batch.length === options.largest) break;
    }
    waiting -= batch.length;
    return batch;
  }

  async function drain(): Promise<void> {
    while (queues.size > 0) {
      await runBatch(take(), options);
    }
    running -= 1;
  }

  return {
    add: (key, item) => {
      const queue = queues.get(key) ?? [];
      if (queue.length >= PER_KEY) return Promise.reject(options.full());
      queues.set(key, queue);
      waiting += 1;
      // Started in a microtask, so that requests of one turn of the loop share the batch.
      if (running === 0 || (running < lanes && waiting >= worthwhile)) {
        running += 1;
        queueMicrotask(() => void drain());
      }
      return new Promise<O>((resolve, reject) => queue.push({ item, resolve, reject }));
    },
  };
}

/** Runs a batch; one that fails by the doing of an item is run again item by item. */
async function runBatch<I, O>(
  batch: readonly Waiting<I, O>[],
  options: Pick<BatcherOptions<I, O>, 'run' | 'mayBeOne'>,
): Promise<void> {
  try {
    const outcomes = await options.run(batch.map((waiting) => waiting.item));
    batch.forEach((waiting, index) => {
      waiting.resolve(outcomes[index] as O);
    });
  } catch (error) {
    if (batch.length > 1 && options.mayBeOne(error)) {
      for (const waiting of batch) await runBatch([waiting], options);
    } else {
      for (const waiting of batch) waiting.reject(error);
    }
  }
}
