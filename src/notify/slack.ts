import type { Secret } from '../domain/secret.ts';
import type { JsonCaller } from '../ports/json-caller.ts';
import type { NoticeChannel } from '../ports/notices.ts';
import { failureOf } from './answer.ts';

/** An incoming webhook as Slack, Mattermost and others have it. @param url holds its own credential */
export function createSlack(url: Secret, caller: JsonCaller): NoticeChannel {
  return {
    name: 'slack',
    send: async ({ title, lines }, link, signal) => {
      const text = [`*${plain(title)}*`, ...lines.map(plain), `<${link}|Open in Countersign>`];
      const body = { text: text.join('\n'), unfurl_links: false };
      return failureOf(
        await caller.call({ method: 'POST', url: url.reveal(), headers: {}, body, signal }),
      );
    },
  };
}

/** What Slack would read as a mention, a link or markup stays text. */
function plain(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[*_~`]/g, (mark) => `\u200b${mark}`);
}
