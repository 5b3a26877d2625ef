import { createHmac } from 'node:crypto';
import type { Secret } from '../domain/secret.ts';
import type { JsonCaller } from '../ports/json-caller.ts';
import type { NoticeChannel } from '../ports/notices.ts';
import { failureOf } from './answer.ts';

export interface WebhookSettings {
  readonly url: Secret;
  /** Key of the signature: base64, after `whsec_`. */
  readonly key: Secret;
}

/**
 * A signed webhook after the Standard Webhooks specification: `webhook-id` tells repetitions,
 * `webhook-signature` is `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`.
 *
 * @param nowMs Unix milliseconds
 */
export function createWebhook(
  { url, key }: WebhookSettings,
  caller: JsonCaller,
  nowMs: () => number,
): NoticeChannel {
  return {
    name: 'webhook',
    send: async (notice, link, signal) => {
      const { id, kind, subject, title, lines } = notice;
      const body = {
        type: kind,
        timestamp: new Date(notice.createdAt).toISOString(),
        data: { id, subject, title, lines, link },
      };
      const timestamp = String(Math.floor(nowMs() / 1000));
      const signed = `${id}.${timestamp}.${JSON.stringify(body)}`;
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${createHmac('sha256', webhookKey(key)).update(signed).digest('base64')}`,
      };
      return failureOf(
        await caller.call({ method: 'POST', url: url.reveal(), headers, body, signal }),
      );
    },
  };
}

/** The bytes of a `whsec_…` secret. */
function webhookKey(key: Secret): Buffer {
  return Buffer.from(key.reveal().replace(/^whsec_/, ''), 'base64');
}
