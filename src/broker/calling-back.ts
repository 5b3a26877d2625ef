import type { Reading } from './provider-answers.ts';
import type { Guard } from './provider-guard.ts';

/** What the broker's own part of a call threw: the store's failure, or a lease that ended meanwhile. */
class Ours {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

/**
 * A call that calls back. What fails there is no fault of the provider: it goes to the caller as it is.
 * @param run gets what wraps each thing it may call back
 */
export async function callingBack<T>(
  { soon }: Pick<Guard, 'soon'>,
  call: string,
  signal: AbortSignal,
  run: (
    ours: <A extends unknown[]>(
      back: (...args: A) => Promise<void>,
    ) => (...args: A) => Promise<void>,
  ) => unknown,
  read: Reading<T>,
): Promise<T> {
  const failures = new Set<unknown>();
  const ours =
    <A extends unknown[]>(back: (...args: A) => Promise<void>) =>
    async (...args: A) => {
      await back(...args).catch((error: unknown) => {
        failures.add(error);
        throw error;
      });
    };
  const outer = async () => {
    try {
      return await run(ours);
    } catch (error) {
      if (failures.has(error)) return new Ours(error);
      throw error;
    }
  };
  const reading = (answer: unknown) => (answer instanceof Ours ? answer : read(answer));
  const answer = await soon(call, signal, outer, reading);
  if (answer instanceof Ours) throw answer.error;
  return answer;
}
