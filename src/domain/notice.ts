/** What people are told about, outside the console. */
export const NOTICE_KINDS = [
  'approval.requested',
  'approval.decided',
  'stop.placed',
  'break_glass.used',
  'operator.widened',
  'test',
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/**
 * A short message with a link. It carries no authority, no secret and no agent's words: whoever gets hold of
 * it can do nothing with it.
 */
export interface Notice {
  readonly id: string;
  readonly kind: NoticeKind;
  /** The id it is about. */
  readonly subject: string;
  readonly title: string;
  /** Facts, one a line. */
  readonly lines: readonly string[];
  /** Place in the console, below the issuer: `/console/approvals/apr_…`. */
  readonly path: string;
  /** E-mail addresses of those it concerns; empty: everybody a channel is set up for. */
  readonly to: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** A notice that is not on record yet; the store gives it its time. */
export type NoticeDraft = Omit<Notice, 'createdAt'>;
