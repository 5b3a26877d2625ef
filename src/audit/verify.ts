import { isBrokerError } from '../domain/errors.ts';
import { illFormedText, isJsonObject, readStrictJson } from '../domain/strict-json.ts';
import { createApprovalChecker } from './approvals.ts';
import { hashOf } from './chain.ts';
import { type AuditEntry, type AuditHead, GENESIS } from './entry.ts';

/** The first record that is wrong. */
export interface BadRecord {
  /** The number of the entry that is damaged or missing, which is also its place in what was read. */
  readonly seq: number;
  readonly problem: string;
}

export interface Verdict {
  readonly ok: boolean;
  /** Good entries read before the first bad one. */
  readonly entries: number;
  /** Head of the good part. */
  readonly head: AuditHead;
  /** The head kept outside was found in the chain; without it a wholly re-hashed chain also passes. */
  readonly anchored: boolean;
  /** Signatures of approvals that were verified, with keys from the chain; absent where there are none. */
  readonly signatures?: number;
  readonly firstBad?: BadRecord;
}

export interface Verifier {
  /** Takes the next record; false once one is bad (later records are then ignored). */
  push(record: unknown): boolean;
  finish(): Verdict;
}

/** A line longer than this is no entry. */
const MAX_LINE = 1_048_576;
const MEMBERS = ['seq', 'time', 'actor', 'action', 'subject', 'detail', 'prev', 'hash'] as const;
const DIGEST = /^[0-9a-f]{64}$/;
const ACTION = /^[a-z][a-z_]*(\.[a-z][a-z_]*)+$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * Verifies a chain record by record, in constant memory.
 *
 * @param options.head a head kept outside: the chain must contain exactly it. That is what catches a
 *   cut tail and a history that was re-hashed throughout.
 */
export function createVerifier(options: { head?: AuditHead } = {}): Verifier {
  return verifier(options.head, checkShape);
}

/** The same over raw NDJSON lines; also refuses what `JSON.parse` would smooth over. */
export function createTextVerifier(options: { head?: AuditHead } = {}): Verifier {
  return verifier(options.head, (line) => {
    if (typeof line !== 'string' || line.length > MAX_LINE) return 'line too long';
    const read = readStrictJson(line, 20);
    return 'problem' in read ? `unreadable: ${read.problem}` : checkShape(read.value);
  });
}

function verifier(
  wanted: AuditHead | undefined,
  read: (record: unknown) => AuditEntry | string,
): Verifier {
  let head = GENESIS;
  let anchored = false;
  let firstBad: BadRecord | undefined;
  const approvals = createApprovalChecker();
  const judge = (record: unknown): string | AuditEntry => {
    const entry = read(record);
    if (typeof entry === 'string') return entry;
    const problem = checkLink(head, entry) ?? checkAnchor(wanted, entry);
    return problem ?? approvals.check(entry) ?? entry;
  };
  return {
    push(record) {
      if (firstBad !== undefined) return false;
      const entry = judge(record);
      if (typeof entry === 'string') {
        firstBad = { seq: head.seq + 1, problem: entry };
        return false;
      }
      head = { seq: entry.seq, hash: entry.hash };
      anchored ||= entry.seq === wanted?.seq;
      return true;
    },
    finish() {
      if (firstBad === undefined && wanted !== undefined && !anchored) {
        const problem = `the chain ends at ${head.seq}, before the head ${wanted.seq} kept outside: its tail was cut`;
        firstBad = { seq: head.seq + 1, problem };
      }
      const signatures = approvals.signatures();
      const verdict = {
        ok: firstBad === undefined,
        entries: head.seq,
        head,
        anchored,
        ...(signatures > 0 ? { signatures } : {}),
      };
      return firstBad === undefined ? verdict : { ...verdict, firstBad };
    },
  };
}

function checkLink(head: AuditHead, entry: AuditEntry): string | undefined {
  const due = head.seq + 1;
  if (entry.seq > due) return `entry ${due} is missing: found ${entry.seq} in its place`;
  if (entry.seq < due) return `out of order or repeated: found ${entry.seq} where ${due} is due`;
  try {
    if (hashOf(entry) !== entry.hash) return 'edited: the hash does not fit the content';
  } catch (error) {
    if (!isBrokerError(error)) throw error;
    return 'not canonical JSON';
  }
  if (entry.prev !== head.hash) {
    return 'prev is not the hash of the entry before: one of the two was replaced';
  }
  return undefined;
}

function checkAnchor(wanted: AuditHead | undefined, entry: AuditEntry): string | undefined {
  if (wanted?.seq !== entry.seq || wanted.hash === entry.hash) return undefined;
  return `entry ${entry.seq} is not the head kept outside: this history was rewritten`;
}

/** The record as an entry, or what is wrong with its form. */
function checkShape(record: unknown): AuditEntry | string {
  if (!isJsonObject(record)) return 'not a JSON object';
  for (const name of MEMBERS) if (!Object.hasOwn(record, name)) return `member ${name} is missing`;
  for (const name of Object.keys(record)) {
    if (!(MEMBERS as readonly string[]).includes(name)) return 'unknown member';
  }
  const { seq, time, actor, action, subject, detail, prev, hash } = record as Record<
    string,
    unknown
  >;
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || Object.is(seq, -0)) return 'bad seq';
  if (typeof time !== 'string' || !isTime(time)) return 'bad time';
  if (!isText(actor)) return 'bad actor';
  if (typeof action !== 'string' || !ACTION.test(action)) return 'bad action';
  if (!isText(subject)) return 'bad subject';
  if (!isJsonObject(detail)) return 'bad detail';
  if (typeof prev !== 'string' || !DIGEST.test(prev)) return 'bad prev';
  if (typeof hash !== 'string' || !DIGEST.test(hash)) return 'bad hash';
  return record as unknown as AuditEntry;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && illFormedText(value) === undefined;
}

function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text;
}
