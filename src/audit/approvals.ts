import { createHash } from 'node:crypto';
import { isJsonObject, type JsonValue } from '../domain/strict-json.ts';
import { assertionProblem, type ChainKey } from './assertion.ts';
import type { AuditEntry } from './entry.ts';

/** Checks what the chain says about approvals, entry by entry; keeps only what is still open. */
export interface ApprovalChecker {
  /** @returns what is wrong with this entry; undefined where nothing is */
  check(entry: AuditEntry): string | undefined;
  /** Signatures that were verified. */
  signatures(): number;
}

interface Open {
  readonly operationDigest: JsonValue;
  readonly termsDigest: JsonValue;
  /** The most persons any rule asks for. */
  readonly most: number;
  readonly approvers: Set<string>;
  approved: boolean;
}

/** Milliseconds an answer may take from the check of its challenge to its entry. */
const LATE_MS = 60_000;

/**
 * Every yes must be a signature over exactly what was asked, by a passkey whose registration is in the chain and whose
 * removal is not; nothing is approved by fewer people than a rule asks for, and nothing used that was not approved,
 * or twice. Whether two accounts are one person cannot be told from the chain.
 */
export function createApprovalChecker(): ApprovalChecker {
  const state: State = { keys: new Map(), open: new Map(), signatures: 0 };
  return {
    check: (entry) => {
      const check = Object.hasOwn(CHECKS, entry.action) ? CHECKS[entry.action] : undefined;
      if (check) return check(state, entry);
      if (ENDS.has(entry.action)) state.open.delete(entry.subject);
      return undefined;
    },
    signatures: () => state.signatures,
  };
}

interface State {
  readonly keys: Map<string, ChainKey>;
  readonly open: Map<string, Open>;
  signatures: number;
}

/** What is wrong with an entry of that action; undefined where nothing is. */
const CHECKS: Readonly<Record<string, (state: State, entry: AuditEntry) => string | undefined>> = {
  'passkey.registered': ({ keys }, { actor, detail }) => {
    const { credential_id: id, public_key: publicKey, rp_id: rpId } = detail;
    if (typeof id !== 'string' || typeof publicKey !== 'string' || typeof rpId !== 'string') {
      return 'a passkey without its key';
    }
    if (keys.has(id)) return 'a passkey that is registered already';
    keys.set(id, { operatorId: actor, publicKey, rpId });
    return undefined;
  },
  'passkey.removed': ({ keys }, { detail: { credential_id: id } }) => {
    if (typeof id === 'string') keys.delete(id);
    return undefined;
  },
  'approval.requested': ({ open }, { subject, detail }) => {
    if (open.has(subject)) return 'asked twice';
    const problem = textProblem(detail, 'operation') ?? textProblem(detail, 'terms');
    if (problem === undefined) open.set(subject, opened(detail));
    return problem;
  },
  'approval.answered': checkAnswer,
  'approval.approved': ({ open }, { subject }) => {
    const asked = open.get(subject);
    if (!asked || asked.approved) return 'approved although it was not open';
    if (asked.approvers.size < asked.most) return 'approved by fewer people than a rule asks for';
    asked.approved = true;
    return undefined;
  },
  'approval.used': ({ open }, { subject, detail }) => {
    const asked = open.get(subject);
    open.delete(subject);
    if (!asked?.approved) return 'used without having been approved, or twice';
    return hasDigests(detail, asked) ? undefined : 'used for something else than was approved';
  },
};

function checkAnswer(state: State, entry: AuditEntry): string | undefined {
  const { actor, subject, detail } = entry;
  const asked = state.open.get(subject);
  if (!asked) return 'an answer to what is not asked, or was over';
  const isYes = detail['decision'] === 'approve';
  if (detail['challenge'] !== undefined) {
    const problem = answerProblem(entry, asked, state.keys);
    if (problem) return `the answer of ${actor} ${problem}`;
    state.signatures += 1;
  } else if (detail['decision'] !== 'deny') return `the yes of ${actor} has no signature`;
  if (isYes && asked.approvers.has(actor)) return 'a second yes of one person';
  if (isYes) asked.approvers.add(actor);
  return undefined;
}

const ENDS = new Set([
  'approval.denied',
  'approval.expired',
  'approval.withdrawn',
  'approval.superseded',
]);

function opened(detail: AuditEntry['detail']): Open {
  const all = Array.isArray(detail['requirements']) ? detail['requirements'] : [];
  const counts = all.map((one: JsonValue) => (isJsonObject(one) ? Number(one['count']) : 0));
  return {
    operationDigest: detail['operation_digest'] ?? null,
    termsDigest: detail['terms_digest'] ?? null,
    most: Math.max(1, ...counts),
    approvers: new Set(),
    approved: false,
  };
}

/** Where the text itself is in the chain, its digest must be the one that is signed. */
function textProblem(detail: AuditEntry['detail'], name: string): string | undefined {
  const text = detail[name];
  if (typeof text !== 'string') return undefined;
  const digest = createHash('sha256').update(text).digest('hex');
  return digest === detail[`${name}_digest`] ? undefined : `the digest of its ${name} does not fit`;
}

function hasDigests(
  { operation_digest: operation, terms_digest: terms }: { readonly [name: string]: JsonValue },
  asked: Open,
): boolean {
  return operation === asked.operationDigest && terms === asked.termsDigest;
}

function answerProblem(
  { actor, subject, detail, time }: AuditEntry,
  asked: Open,
  keys: ReadonlyMap<string, ChainKey>,
): string | undefined {
  const { challenge: signed, credential_id: id, assertion, decision } = detail;
  if (!isJsonObject(signed)) return 'has no challenge';
  const { items, approver, expires_at: until } = signed;
  if (approver !== actor) return 'is signed by somebody else';
  if (signed['decision'] !== decision) return 'is signed as another answer';
  const covered = (Array.isArray(items) ? items : []).some(
    (item: JsonValue) =>
      isJsonObject(item) && item['approval_id'] === subject && hasDigests(item, asked),
  );
  if (!covered) return 'is not about this';
  const late = Date.parse(time) - Date.parse(typeof until === 'string' ? until : '');
  if (!(late <= LATE_MS)) return 'came after its challenge had ended';
  const key = typeof id === 'string' ? keys.get(id) : undefined;
  if (key?.operatorId !== actor) return 'is by no passkey of that person';
  return assertionProblem(signed, assertion, key);
}
