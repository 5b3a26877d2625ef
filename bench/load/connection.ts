import { connect, type Socket } from 'node:net';

/** One answer: status, body, and milliseconds from the first byte written to the last byte read. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly ms: number;
}

interface Waiting {
  readonly since: number;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * A keep-alive HTTP/1.1 connection with one request in flight. It reads just enough of the framing
 * (Content-Length, or chunked up to the last chunk) to cost 10–20 µs a request: a full client would
 * be slower than the server it measures.
 */
export class Connection {
  readonly #socket: Socket;
  #read = '';
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.#take(String(text)));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('connection closed')));
  }

  static open(host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Sends one complete request, as bytes; the next may only follow its answer. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error('connection closed'));
        return;
      }
      this.#waiting = { since: performance.now(), resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#read = this.#read === '' ? text : this.#read + text;
    const body = completeBody(this.#read);
    const waiting = this.#waiting;
    if (body === undefined || waiting === undefined) return;
    const status = Number(this.#read.slice(9, 12));
    this.#read = '';
    this.#waiting = undefined;
    waiting.resolve({ status, body, ms: performance.now() - waiting.since });
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}

const LENGTH = /\r\ncontent-length: *(\d+)/i;
const NO_BODY = /^HTTP\/1\.1 (?:1\d\d|204|304)/;

/** The body (chunks still framed) once `read` holds a whole response, else undefined. */
function completeBody(read: string): string | undefined {
  const end = read.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = read.slice(0, end);
  const start = end + 4;
  const length = LENGTH.exec(head)?.[1];
  if (length !== undefined) {
    return read.length - start >= Number(length) ? read.slice(start) : undefined;
  }
  if (NO_BODY.test(head)) return '';
  return read.endsWith('0\r\n\r\n') ? read.slice(start) : undefined;
}
