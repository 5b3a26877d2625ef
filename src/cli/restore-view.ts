import { SUSPICIONS } from '../domain/witness.ts';
import type { RestoreReport } from '../main/restore.ts';
import type { Output } from './output.ts';
import { printable } from './printable.ts';

const SHOWN = 20;

/** What a restored store brought back, for a person who has to decide. */
export function describeRestore(out: Output, report: RestoreReport): string {
  const { verdict, witness, storeSeq, held } = report;
  const head = witness
    ? `Witness: entry ${witness.seq}, ${new Date(witness.at).toISOString()}. Store: entry ${storeSeq}.`
    : `No witness here: a restore cannot be noticed. Store: entry ${storeSeq}.`;
  if (verdict === undefined) {
    return [out.paint.green('Nothing says that this store was restored.'), head].join('\n');
  }
  const lost = Math.max(0, (witness?.seq ?? 0) - storeSeq);
  return [
    out.paint.red(`The store was restored or replaced: ${SUSPICIONS[verdict]}.`),
    head,
    ...(lost > 0 ? [`At least ${lost} entries are lost.`] : []),
    held ? 'Everything is stopped until it is accepted.' : 'No broker has started on it yet.',
    '',
    ...revivedLines(report),
    ...livingLines(report),
    '',
    'Set right what came back (agents, policy, secrets), then: countersign restore accept --reason "…"',
  ].join('\n');
}

function revivedLines({ revived, journaled }: RestoreReport): string[] {
  const { agents, stops, bundle, secrets } = revived;
  const came = [
    ...listed('Agents that were suspended and are active again', agents),
    ...listed('Stops that do not stand any more', stops),
    ...(bundle ? [`Policy: bundle ${bundle.is ?? 'none'} is active, it was ${bundle.was}.`] : []),
    ...listed('Secrets of an earlier generation, or gone', secrets),
    ...listed(
      'Done and not in this store (journal)',
      journaled.map(({ action, subject }) => `${action} ${subject}`),
    ),
  ];
  const unknown =
    'Operator tokens of before are void. What else came back, the witness cannot tell.';
  return [...came, unknown];
}

function livingLines({ living, resources }: RestoreReport): string[] {
  const compared = resources.flatMap(({ resource, problem, comparison }) => {
    if (!comparison) return [`${resource}: could not be compared (${printable(problem ?? '')})`];
    const { live, missing, unknown, ended } = comparison;
    return [
      `${resource}: ${live} lease(s) alive here and there, ${missing.length} alive here only, ` +
        `${ended.length} ended here and alive there`,
      ...listed(`${resource}: logins that no lease here knows, perhaps of the lost time`, unknown),
    ];
  });
  const { tasks, tokens, leases } = living;
  return [
    `Alive in this store: ${tasks} task(s), ${tokens} token(s), ${leases} lease(s). Accepting ends them all.`,
    ...compared,
  ];
}

function listed(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more =
    items.length > SHOWN ? [`  … and ${items.length - SHOWN} more (--json has all)`] : [];
  return [`${title}:`, ...items.slice(0, SHOWN).map((item) => `  ${printable(item)}`), ...more];
}
