/** What is kept outside the store about it, so that a restored one is noticed. */
export interface Witness {
  readonly installation: string;
  /** Random; a new one with every restore that was accepted. */
  readonly epoch: string;
  /** Of the PostgreSQL cluster, where the store's role may ask for them. */
  readonly system?: string | undefined;
  readonly timeline?: number | undefined;
  /** The highest audit entry seen, and its hash. */
  readonly seq: number;
  readonly hash: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly facts: WitnessFacts;
}

/** What would matter most if it came back: a bounded part of what the store knew. */
export interface WitnessFacts {
  readonly bundle?: number | undefined;
  /** Agents that are not active. */
  readonly suspended: readonly string[];
  readonly stops: readonly string[];
  /** Name → generation. */
  readonly secrets: Readonly<Record<string, number>>;
}

/** The store as it is now, as far as a witness can be compared with it. */
export interface StoreStanding {
  readonly installation: string;
  readonly epoch: string;
  /** Every epoch the store has gone through or an admin has given up for it, the present one included. */
  readonly epochs: readonly string[];
  readonly system?: string | undefined;
  readonly timeline?: number | undefined;
  readonly seq: number;
  readonly hash: string;
  /** Hash of the entry with the witness's number; undefined when there is none. */
  readonly hashAtWitness?: string | undefined;
  /** A restore that nobody has accepted yet. */
  readonly open: boolean;
}

/** Why a store can't be the one that the witness knew. */
export const SUSPICIONS = {
  another_installation: 'it is the store of another installation',
  another_server: 'it is on another PostgreSQL cluster (system identifier)',
  another_timeline: 'its server was recovered or failed over (timeline)',
  behind: 'entries that the witness knows are missing',
  another_history: 'its entries are not those that the witness knows',
} as const;
export type Suspicion = keyof typeof SUSPICIONS;

/** `accepted`: the witness is from before a restore that an admin has accepted since. */
export function judge(witness: Witness, store: StoreStanding): Suspicion | 'same' | 'accepted' {
  if (witness.epoch !== store.epoch && store.epochs.includes(witness.epoch)) return 'accepted';
  if (witness.installation !== store.installation) return 'another_installation';
  if (differ(witness.system, store.system)) return 'another_server';
  if (differ(witness.timeline, store.timeline)) return 'another_timeline';
  if (store.seq < witness.seq) return 'behind';
  if (witness.epoch !== store.epoch) return 'another_history';
  if (witness.seq > 0 && witness.hash !== store.hashAtWitness) return 'another_history';
  return 'same';
}

/** Only where both are known. */
function differ<T>(one: T | undefined, other: T | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
