import type { AuditDraft } from '../audit/entry.ts';
import { isBrokerError } from '../domain/errors.ts';
import { judge, type Suspicion, type Witness, type WitnessFacts } from '../domain/witness.ts';
import type { Living } from '../ports/restores.ts';
import { type Comparison, compareResource } from './compare-resource.ts';
import type { Broker } from './context.ts';

/** What an admin must know before a restored store is served from. */
export interface RestoreReport {
  /** Undefined: nothing speaks against the store. */
  readonly verdict: Suspicion | undefined;
  /** Everything is stopped until it is accepted. */
  readonly held: boolean;
  readonly witness: Pick<Witness, 'seq' | 'at' | 'epoch'> | undefined;
  readonly storeSeq: number;
  readonly revived: Revived;
  /** Narrowings that waited in the journal: done, and perhaps undone by the restore. */
  readonly journaled: readonly Pick<AuditDraft, 'action' | 'subject'>[];
  /** Lives in this store although it may have ended since the backup. */
  readonly living: Living;
  readonly resources: readonly ComparedResource[];
}

/** What the witness knew and the store does not. */
export interface Revived {
  /** Suspended or retired agents that are active again. */
  readonly agents: readonly string[];
  /** Stops that do not stand any more. */
  readonly stops: readonly string[];
  readonly bundle?: { readonly was: number; readonly is: number | undefined };
  /** Secrets that are an earlier generation again, or gone. */
  readonly secrets: readonly string[];
}

export interface ComparedResource {
  readonly resource: string;
  /** Why it could not be compared. */
  readonly problem?: string;
  readonly comparison?: Comparison;
}

/** Looks and changes nothing. */
export async function showRestore(broker: Broker): Promise<RestoreReport> {
  const restore = await broker.restores.open();
  const witness = broker.witness.read() ?? restore?.witness;
  const standing = await broker.restores.standing(witness?.seq ?? 0);
  const judged = witness ? judge(witness, standing) : 'same';
  const verdict =
    restore?.verdict ?? (judged === 'same' || judged === 'accepted' ? undefined : judged);
  return {
    verdict,
    held: standing.open,
    witness: witness && { seq: witness.seq, at: witness.at, epoch: witness.epoch },
    storeSeq: restore?.headSeq ?? standing.seq,
    revived: witness ? revivedOf(witness.facts, await broker.restores.facts()) : NOTHING,
    journaled: broker.journal
      .pending()
      .map(({ draft }) => ({ action: draft.action, subject: draft.subject })),
    living: await broker.restores.living(),
    resources: await compareAll(broker),
  };
}

const NOTHING: Revived = { agents: [], stops: [], secrets: [] };

function revivedOf(was: WitnessFacts, is: WitnessFacts): Revived {
  return {
    agents: was.suspended.filter((id) => !is.suspended.includes(id)),
    stops: was.stops.filter((id) => !is.stops.includes(id)),
    ...(was.bundle === undefined || was.bundle === is.bundle
      ? {}
      : { bundle: { was: was.bundle, is: is.bundle } }),
    secrets: Object.entries(was.secrets)
      .filter(([name, generation]) => (is.secrets[name] ?? 0) < generation)
      .map(([name]) => name),
  };
}

/** Every resource of the bundle beside the leases; one that cannot be reached says so. */
export async function compareAll(broker: Broker): Promise<ComparedResource[]> {
  if (broker.policy.version() === undefined) return [];
  const compared: ComparedResource[] = [];
  for (const [name, resource] of broker.policy.current().bundle.resources) {
    if (!broker.providers.get(resource.kind)?.listOwned) continue;
    try {
      const steps = compareResource(broker, resource);
      let step = await steps.next();
      while (!step.done) step = await steps.next();
      compared.push({ resource: name, comparison: step.value });
    } catch (error) {
      const problem = isBrokerError(error) ? error.detail : 'internal';
      compared.push({ resource: name, problem });
    }
  }
  return compared;
}
