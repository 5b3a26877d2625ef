/** One change that other processes must hear of: its kind and the id it is about. */
export interface FeedEvent {
  readonly epoch: number;
  readonly kind:
    | 'agent'
    | 'task'
    | 'grant'
    | 'token'
    | 'lease'
    | 'resource'
    | 'all'
    | 'stop'
    | 'bundle'
    | 'secret'
    | 'signing_key'
    | 'master_key';
  readonly target: string;
}

/** Changes travel through the store: NOTIFY at once, polling as the safety net. */
export interface Feed {
  /** Starts listening; `onEvent` runs for each event in commit order, in this process's own too. */
  start(onEvent: (event: FeedEvent) => void): Promise<void>;
  /** Milliseconds since the feed was last known to be complete. */
  ageMs(): number;
  /** Resolves once this process has handled every event committed before the call. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}
