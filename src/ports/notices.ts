import type { Notice, NoticeDraft } from '../domain/notice.ts';

/** One notice on its way through one channel. */
export interface Delivery {
  readonly notice: Notice;
  /** Name of the channel. */
  readonly channel: string;
  /** How often it was tried, this time included. */
  readonly attempts: number;
}

/**
 * The outbox. A notice is written in the transaction that makes it true, or by itself; each channel gets
 * it at least once, so receivers tell repetitions by its id.
 */
export interface Outbox {
  add(notice: NoticeDraft): Promise<void>;
  /** Notices that wait for one of these channels, claimed for `forMs`. */
  claim(channels: readonly string[], limit: number, forMs: number): Promise<Delivery[]>;
  delivered(of: Delivery): Promise<void>;
  /** @param retryInMs undefined: it is given up */
  failed(of: Delivery, cause: string, retryInMs: number | undefined): Promise<void>;
  /** How each of these channels does: for settings and doctor. */
  standing(channels: readonly string[]): Promise<ChannelStanding[]>;
}

export interface ChannelStanding {
  readonly channel: string;
  readonly waiting: number;
  /** Given up in the last 24 hours. */
  readonly givenUp: number;
  /** Unix milliseconds. */
  readonly lastDeliveredAt?: number;
  /** Why the last attempt failed, when no later one succeeded. */
  readonly lastError?: string;
}

/**
 * One way to reach people. `send` returns why it failed, as a sentence without a full stop that names
 * neither address nor secret; `permanent` where trying again is of no use.
 */
export interface NoticeChannel {
  readonly name: string;
  send(
    notice: Notice,
    link: string,
    signal: AbortSignal,
  ): Promise<{ readonly failure: string; readonly permanent?: boolean } | undefined>;
}
