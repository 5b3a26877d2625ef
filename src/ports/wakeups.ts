/** What may be waited for: `approval:<id>`, `operation:<id>`. */
export type WakeupTopic = `approval:${string}` | `operation:${string}`;

/**
 * Tells whoever waits that something may have changed, in every broker process. A hint, not a record: it
 * carries no content, may come twice or for nothing, and whoever is woken reads again. Stores send it
 * inside the transaction that makes the change (`pg_notify`), so it is never early.
 */
export interface Wakeups {
  start(): Promise<void>;
  /**
   * Waits from the moment of the call, so call it before reading what you wait for.
   * @returns whether the topic was woken before `timeoutMs` or the end of `signal`
   */
  wait(topic: WakeupTopic, timeoutMs: number, signal: AbortSignal): Promise<boolean>;
  /** Every wake-up; undefined when some may have been missed. @returns stops listening */
  listen(onWake: (topic: string | undefined) => void): () => void;
  stop(): Promise<void>;
}
