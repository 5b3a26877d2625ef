import type { Approval } from '../../../contract/schemas/approvals.ts';

export interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** The statements an operation would run, out of the very object that is signed. */
export function statementsOf({ operation }: Approval): readonly Statement[] {
  const listed = operation['statements'];
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((one: unknown) => {
    if (typeof one !== 'object' || one === null || !('sql' in one)) return [];
    const params = 'params' in one && Array.isArray(one.params) ? (one.params as unknown[]) : [];
    return typeof one.sql === 'string' ? [{ sql: one.sql, params }] : [];
  });
}

const DOES: Readonly<Record<string, string>> = {
  read: 'Read from',
  read_secret: 'Read secrets of',
  sandbox: 'Use a sandbox of',
  write: 'Change data in',
  destroy: 'Destroy data in',
};
const GIVES: Readonly<Record<string, string>> = {
  read: 'Read access to',
  read_secret: 'Access to secrets of',
  sandbox: 'A sandbox of',
  write: 'Access that changes data in',
  destroy: 'Access that destroys data in',
};

/** What it is about, in a few words. */
export function headlineOf({ kind, card }: Approval): string {
  if (kind === 'widening') return 'Widen what the policy allows';
  const words = kind === 'grant' ? GIVES : DOES;
  return `${words[card.effect] ?? `Do “${card.effect}” in`} ${card.resource ?? 'an unnamed resource'}`;
}

export interface Answer {
  readonly text: string;
  readonly detail?: string;
  readonly tone: 'plain' | 'warn' | 'danger' | 'good';
}

/** How much it reaches. */
export function howMuch({ kind, card, terms }: Approval): Answer {
  const radius = card.blast_radius;
  if (radius && radius.rows !== null) {
    const cascaded = radius.cascades.reduce((sum, { rows }) => sum + rows, 0);
    const text = `${radius.rows.toLocaleString()} ${radius.rows === 1 ? 'row' : 'rows'}`;
    if (cascaded === 0) return { text, tone: 'plain' };
    return { text, detail: `and ${cascaded.toLocaleString()} by cascade`, tone: 'warn' };
  }
  if (radius)
    return { text: 'Unknown', detail: radius.why ?? 'could not be counted', tone: 'danger' };
  if (kind === 'widening') return { text: 'See the difference', tone: 'warn' };
  return {
    text: lifetimeOf(terms) ?? 'Until it ends',
    detail: 'as often as it likes',
    tone: 'warn',
  };
}

function lifetimeOf(terms: Approval['terms']): string | undefined {
  const seconds = terms['ttl_seconds'] ?? terms['ttlSeconds'] ?? terms['ttl'];
  if (typeof seconds !== 'number') return undefined;
  return seconds % 60 === 0 ? `For ${seconds / 60} min` : `For ${seconds} s`;
}

/** Whether it can be taken back. */
export function undo({ card }: Approval): Answer {
  if (card.effect === 'read') return { text: 'Nothing changes', tone: 'good' };
  const backup = card.blast_radius?.backup;
  if (card.reversibility === 'reversible') return { text: 'Yes', tone: 'good' };
  const detail = backup ? `backup of ${new Date(backup.at).toLocaleString()}` : 'no backup known';
  if (card.reversibility === 'irreversible') return { text: 'No', detail, tone: 'danger' };
  return { text: 'Not known', detail, tone: 'warn' };
}

/** Requests that may share one signature: the same agent, the same scope, the same effect. */
export function likenessOf({ kind, card }: Approval): string {
  return JSON.stringify([kind, card.agent?.id, card.scope, card.effect]);
}
