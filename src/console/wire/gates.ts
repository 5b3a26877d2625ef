import { held } from './held.ts';

/** What a person may have to prove in the middle of something. */
export type GateKind = 'sign_in' | 'step_up';

interface OpenGate {
  readonly kind: GateKind;
  /** Ends the wait: whether the proof was given. */
  readonly leave: (passed: boolean) => void;
}

const open = held<OpenGate | undefined>(undefined);
let waiting: Promise<boolean> | undefined;

/**
 * Opens the gate's dialog and waits for the person. Calls that meet a gate while one is open wait
 * for the same answer.
 *
 * @returns whether the call may be made again
 */
export function passGate(kind: GateKind): Promise<boolean> {
  waiting ??= new Promise<boolean>((resolve) => {
    const leave = (passed: boolean) => {
      waiting = undefined;
      open.put(undefined);
      resolve(passed);
    };
    open.put({ kind, leave });
  });
  return waiting;
}

/** For the one component that shows the dialogs. */
export const useGate = open.use;
