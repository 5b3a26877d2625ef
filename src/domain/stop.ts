/** A row that every decision reads: this is stopped until an operator lifts it. */
export interface Stop {
  readonly id: string;
  readonly kind: 'agent' | 'resource' | 'all';
  /** Agent id or resource name; empty for `all`. */
  readonly target: string;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: number;
  readonly liftedAt?: number;
  readonly liftedBy?: string;
  readonly liftReason?: string;
}

/** The first standing stop that covers this agent or one of these resources. */
export function stopFor(
  stops: Iterable<Pick<Stop, 'id' | 'kind' | 'target'>>,
  agentId: string,
  resources: readonly string[],
): Pick<Stop, 'id' | 'kind' | 'target'> | undefined {
  for (const stop of stops) {
    if (stop.kind === 'all') return stop;
    if (stop.kind === 'agent' && stop.target === agentId) return stop;
    if (stop.kind === 'resource' && resources.includes(stop.target)) return stop;
  }
  return undefined;
}
