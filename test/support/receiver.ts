import { createServer, type IncomingHttpHeaders } from 'node:http';
import { SMTPServer } from 'smtp-server';
import { listen } from './line.ts';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook's receiver on loopback: keeps what came, answers as it is told. */
export interface Receiver {
  readonly url: string;
  /** `host:port`, to be named as reachable. */
  readonly place: string;
  readonly received: Received[];
  /** Status of the next answers, one after another; 204 when there is none left. */
  readonly answers: number[];
  /** Resolves once that many have come. */
  got(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const answers: number[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      response.writeHead(answers.shift() ?? 204).end();
      for (const wake of waiting.splice(0)) wake();
    });
  });
  const port = await listen(server, 0);
  const got = async (count: number): Promise<void> => {
    while (received.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}/hooks/canary-hook-path`,
    place: `127.0.0.1:${port}`,
    received,
    answers,
    got,
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

export interface MailBox {
  readonly port: number;
  readonly mails: { readonly to: readonly string[]; readonly text: string }[];
  got(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A mail server on loopback. */
export async function startMailBox(login: { user: string; password: string }): Promise<MailBox> {
  const mails: MailBox['mails'] = [];
  const waiting: (() => void)[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === login.user && password === login.password) done(null, { user: username });
      else done(new Error('no'));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        mails.push({ to, text: Buffer.concat(chunks).toString('utf8') });
        for (const wake of waiting.splice(0)) wake();
        done();
      });
    },
  });
  const port = await listen(server.server, 0);
  return {
    port,
    mails,
    got: async (count) => {
      while (mails.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
