/** What a person may have to prove in the middle of something. */
export type GateKind = 'sign_in' | 'step_up';

interface OpenGate {
  readonly kind: GateKind;
  /** Ends the wait: whether the proof was given. */
  readonly leave: (passed: boolean) => void;
}

let open: OpenGate | undefined;
let waiting: Promise<boolean> | undefined;
const listeners = new Set<() => void>();

function show(gate: OpenGate | undefined): void {
  open = gate;
  for (const listener of listeners) listener();
}

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
      show(undefined);
      resolve(passed);
    };
    show({ kind, leave });
  });
  return waiting;
}

/** For the one component that shows the dialogs. */
export const gates = {
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  current: (): OpenGate | undefined => open,
};
