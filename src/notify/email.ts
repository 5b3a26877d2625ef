import type { SendMailOptions, Transporter } from 'nodemailer';
import type { Secret } from '../domain/secret.ts';
import type { NoticeChannel } from '../ports/notices.ts';

export interface EmailSettings {
  /** `smtps://user:password@host:465`, or `smtp://…:587`, which then upgrades by STARTTLS. */
  readonly url: Secret;
  readonly from: string;
  /** Told of everything, besides those whom a notice concerns. */
  readonly to: readonly string[];
}

/** Milliseconds for each step of the conversation. */
const STEP_MS = 10_000;

/**
 * E-mail as plain text.
 * @param withoutTls `host:port` that may be spoken to in the clear
 */
export function createEmail(
  settings: EmailSettings,
  withoutTls: ReadonlySet<string>,
): NoticeChannel {
  let transport: Promise<Transporter> | undefined;
  return {
    name: 'email',
    send: async (notice, link, signal) => {
      const to = [...new Set([...settings.to, ...notice.to])];
      if (to.length === 0) return { failure: 'nobody to send it to', permanent: true };
      transport ??= open(settings.url, withoutTls);
      const text = [...notice.lines, '', link, '', FOOTER].join('\n');
      const mail = {
        from: settings.from,
        to,
        subject: notice.title,
        text,
        messageId: messageId(notice.id, link),
      };
      return trySend(await transport, mail, signal);
    },
  };
}

const FOOTER =
  'Open the link and sign in to act on it. The link itself grants nothing; forwarding this message gives nobody a right.';

/** The same for every attempt, so that a mailbox that sees it twice shows it once. */
function messageId(id: string, link: string): string {
  return `<${id}@${new URL(link).hostname}>`;
}

async function open(secret: Secret, withoutTls: ReadonlySet<string>): Promise<Transporter> {
  // Loaded when first needed: most installations send no mail.
  const { createTransport } = await import('nodemailer');
  const url = new URL(secret.reveal());
  const secure = url.protocol === 'smtps:';
  const port = Number(url.port || (secure ? 465 : 587));
  return createTransport({
    host: url.hostname,
    port,
    secure,
    requireTLS: !secure && !withoutTls.has(`${url.hostname}:${port}`),
    ...(url.username === ''
      ? {}
      : {
          auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
        }),
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

async function trySend(transport: Transporter, mail: SendMailOptions, signal: AbortSignal) {
  if (signal.aborted) return { failure: 'it took too long' };
  try {
    await transport.sendMail(mail);
    return undefined;
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

/** The server's code only: its text may repeat what was sent. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if ('responseCode' in error && typeof error.responseCode === 'number') {
    return `the mail server answered ${error.responseCode}`;
  }
  const code = 'code' in error ? String(error.code) : '';
  return `no conversation with the mail server (${/^[A-Z0-9_]{1,40}$/.test(code) ? code : 'failed'})`;
}
