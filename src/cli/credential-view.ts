import type { IssuedLease } from '../contract/schemas/tasks.ts';
import { usedWrongly } from './exit-code.ts';
import type { Output } from './output.ts';
import { relativeTime } from './relative-time.ts';
import { formatFacts } from './table.ts';

type Credential = IssuedLease['credential'];

/** libpq's variables for the members of a postgres credential. */
const LIBPQ: readonly (readonly [variable: string, member: string])[] = [
  ['PGHOST', 'host'],
  ['PGPORT', 'port'],
  ['PGDATABASE', 'database'],
  ['PGUSER', 'username'],
  ['PGPASSWORD', 'password'],
  ['DATABASE_URL', 'url'],
];

/** Everything about a credential as `name  value` lines. */
export function formatCredential(out: Output, issued: IssuedLease, nowMs: number): string {
  const { lease, credential, info } = issued;
  const { type, ...members } = credential;
  return formatFacts(out, [
    ['lease', lease.id],
    ['task', lease.task_id],
    ['scope', `${lease.scope} (${type})`],
    ['ends', `${lease.expires_at} (${relativeTime(lease.expires_at, nowMs)})`],
    ...Object.entries(members).map(([name, value]) => [name, textOf(value)] as const),
    ...Object.entries(info ?? {}).map(([name, value]) => [name, textOf(value)] as const),
  ]);
}

/** `export NAME='value'` lines for a shell. */
export function formatVariables(credential: Credential): string {
  if (credential.type !== 'postgres') {
    throw usedWrongly(`--env knows postgres credentials; this one is ${credential.type}.`);
  }
  return LIBPQ.filter(([, member]) => credential[member] !== undefined)
    .map(([variable, member]) => `export ${variable}=${quote(textOf(credential[member]))}`)
    .join('\n');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Single quotes keep everything literal in a POSIX shell, except a single quote. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
