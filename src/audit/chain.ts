import { hash } from 'node:crypto';
import { illFormedText } from '../domain/strict-json.ts';
import { canonicalJson, canonicalText, withFitText } from './canonical.ts';
import type { AuditDraft, AuditEntry, AuditHead } from './entry.ts';

/** A draft as it can be hashed: `detailText` is the canonical form of its detail. */
export interface FitDraft extends AuditDraft {
  readonly detailText: string;
}

/**
 * The draft with every text fit for JSON and PostgreSQL: NUL and lone surrogates become U+FFFD, so
 * that no text can prevent an entry.
 *
 * @throws internal() when `detail` holds what is not JSON (a programming error)
 */
export function fitForChain(draft: AuditDraft): FitDraft {
  const detailText = canonicalText(draft.detail);
  if (detailText !== undefined && illFormedText(draft.actor + draft.subject) === undefined) {
    return { ...draft, detailText };
  }
  const detail = withFitText(draft.detail);
  return {
    action: draft.action,
    actor: withFitText(draft.actor),
    subject: withFitText(draft.subject),
    detail,
    detailText: canonicalJson(detail),
  };
}

/**
 * The entry that follows `prev`. The store links by `append_audit`; this is the definition that it
 * is held to.
 *
 * @param timeMs Unix milliseconds of the database clock
 * @throws internal() when `detail` holds what is not JSON (a programming error)
 */
export function link(prev: AuditHead, draft: AuditDraft, timeMs: number): AuditEntry {
  const { detailText, ...fit } = fitForChain(draft);
  const body = {
    seq: prev.seq + 1,
    time: new Date(timeMs).toISOString(),
    actor: fit.actor,
    action: fit.action,
    subject: fit.subject,
    detail: fit.detail,
    prev: prev.hash,
  };
  return { ...body, hash: hashOf(body, detailText) };
}

/**
 * SHA-256 over the RFC 8785 form of an entry without its `hash`, lower-case hex. The members are
 * written in their sorted order here, since they are always the same seven.
 *
 * @param detailText the canonical form of `detail`, where it is known already
 */
export function hashOf(
  entry: Omit<AuditEntry, 'hash'>,
  detailText = canonicalJson(entry.detail),
): string {
  return hash(
    'sha256',
    `{"action":${JSON.stringify(entry.action)},"actor":${JSON.stringify(entry.actor)},"detail":${detailText},"prev":"${entry.prev}","seq":${entry.seq},"subject":${JSON.stringify(entry.subject)},"time":"${entry.time}"}`,
    'hex',
  );
}

/** One line of an export: the members in the order of the contract, `detail` canonical, no newline. */
export function formatEntry(entry: AuditEntry): string {
  return `{"seq":${entry.seq},"time":"${entry.time}","actor":${JSON.stringify(entry.actor)},"action":${JSON.stringify(entry.action)},"subject":${JSON.stringify(entry.subject)},"detail":${canonicalJson(entry.detail)},"prev":"${entry.prev}","hash":"${entry.hash}"}`;
}
