import { createEmail } from '../notify/email.ts';
import { createSlack } from '../notify/slack.ts';
import { createWebhook } from '../notify/webhook.ts';
import type { Config } from '../platform/config/config.ts';
import { createJsonCaller } from '../platform/json-caller.ts';
import type { NoticeChannel } from '../ports/notices.ts';

/** The ways to reach people that the configuration sets up. */
export function createChannels(
  { notify = {}, networkAllow }: Pick<Config, 'notify' | 'networkAllow'>,
  nowMs: () => number,
): { readonly channels: readonly NoticeChannel[]; close(): Promise<void> } {
  const caller = createJsonCaller({ networkAllow });
  const { webhook, slack, email } = notify;
  return {
    channels: [
      ...(webhook ? [createWebhook(webhook, caller, nowMs)] : []),
      ...(slack ? [createSlack(slack, caller)] : []),
      ...(email ? [createEmail(email, new Set(networkAllow))] : []),
    ],
    close: () => caller.close(),
  };
}
