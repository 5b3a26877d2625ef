/** npm passes Ctrl-C on although the terminal already did: that echo is no second wish. */
const ECHO_MS = 1_000;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Rejects at the first SIGINT or SIGTERM; never resolves. */
  readonly happened: Promise<never>;
  forget(): void;
}

/** Listens for Ctrl-C. The first asks for an orderly end, a later one ends the process at once. */
export function awaitInterruption(): Interruption {
  const controller = new AbortController();
  let reject: (reason: Error) => void = () => undefined;
  const happened = new Promise<never>((_resolve, refuse) => {
    reject = refuse;
  });
  happened.catch(() => undefined);
  let firstAt: number | undefined;
  const heard = () => {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > ECHO_MS) process.exit(1);
    if (firstAt !== undefined) return;
    firstAt = now;
    const reason = new Error('Interrupted; everything the demo started is stopped and removed.');
    controller.abort(reason);
    reject(reason);
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, heard);
  return {
    signal: controller.signal,
    happened,
    forget: () => names.forEach((name) => process.off(name, heard)),
  };
}
