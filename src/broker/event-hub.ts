/** Something changed that an open console shows. It says what to look at again, and nothing of what is there. */
export interface ConsoleEvent {
  readonly kind: 'approval' | 'operation' | 'stop' | 'policy' | 'agent' | 'task' | 'lease';
  /** Absent: of this kind anything may have changed. */
  readonly id?: string;
}

/** Passes what this process hears on to the consoles that are connected to it. */
export interface EventHub {
  publish(event: ConsoleEvent): void;
  /** @param onClose the broker stops @returns ends the subscription */
  subscribe(onEvent: (event: ConsoleEvent) => void, onClose: () => void): () => void;
  /** Ends all subscriptions. */
  close(): void;
}

export function createEventHub(): EventHub {
  const listeners = new Set<{
    onEvent: (event: ConsoleEvent) => void;
    onClose: () => void;
  }>();
  return {
    publish: (event) => {
      for (const { onEvent } of listeners) onEvent(event);
    },
    subscribe: (onEvent, onClose) => {
      const listener = { onEvent, onClose };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => {
      for (const { onClose } of [...listeners]) onClose();
    },
  };
}
