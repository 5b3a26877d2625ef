import { Secret } from '../../domain/secret.ts';
import type { Settings } from './schema.ts';
import { VARIABLES } from './variables.ts';

/** Ways to reach people outside the console; absent members are not set up. */
export interface NotifySettings {
  readonly webhook?: { readonly url: Secret; readonly key: Secret };
  readonly slack?: Secret;
  readonly email?: { readonly url: Secret; readonly from: string; readonly to: readonly string[] };
}

/** What is missing for a channel. */
export function notifyProblems(read: Settings): string[] {
  const problems: string[] = [];
  const both = (one: 'webhook_url' | 'smtp_url', other: 'webhook_secret' | 'mail_from') => {
    if ((read[one] === undefined) === (read[other] === undefined)) return;
    const [given, missing] = read[one] === undefined ? [other, one] : [one, other];
    problems.push(`${VARIABLES[given].env} is set, and ${VARIABLES[missing].env} is not`);
  };
  both('webhook_url', 'webhook_secret');
  both('smtp_url', 'mail_from');
  if (read.mail_to.length > 0 && read.smtp_url === undefined) {
    problems.push(`${VARIABLES.mail_to.env} is set, and ${VARIABLES.smtp_url.env} is not`);
  }
  return problems;
}

export function notifySettings(read: Settings): NotifySettings {
  const { webhook_url, webhook_secret, slack_webhook_url, smtp_url, mail_from, mail_to } = read;
  return {
    ...(webhook_url === undefined || webhook_secret === undefined
      ? {}
      : { webhook: { url: new Secret(webhook_url), key: new Secret(webhook_secret) } }),
    ...(slack_webhook_url === undefined ? {} : { slack: new Secret(slack_webhook_url) }),
    ...(smtp_url === undefined || mail_from === undefined
      ? {}
      : { email: { url: new Secret(smtp_url), from: mail_from, to: mail_to } }),
  };
}
