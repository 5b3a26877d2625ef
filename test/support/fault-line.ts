import { connect, createServer, type Socket } from 'node:net';
import { listen } from './line.ts';

/** What goes wrong on a line from now on, until it is mended. */
export type Fault =
  /** Every connection ends, and nobody listens. */
  | { readonly kind: 'refuse' }
  /** Connections stand still, both ways. What was under way arrives late, also when its sender has gone. */
  | { readonly kind: 'stall' }
  /** The same for those that are open now; new ones work. */
  | { readonly kind: 'hold' }
  /** What is asked arrives and is done; the connection ends instead of the answer. */
  | { readonly kind: 'lose answers' }
  /** The line itself answers, the server never hears of it. */
  | { readonly kind: 'answer'; readonly bytes: string };

/** A TCP line to a server on this machine, on which real sockets are cut, held, refused and answered. */
export interface FaultLine {
  readonly port: number;
  /** Ends every connection; new ones work. */
  cut(): void;
  strike(fault: Fault): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export async function openFaultLine(target: number): Promise<FaultLine> {
  const pairs = new Set<Pair>();
  let fault: Fault | undefined;
  const server = createServer((near) => {
    const pair = { near, far: connect(target, '127.0.0.1') };
    pairs.add(pair);
    join(pair, () => fault);
    for (const socket of [pair.near, pair.far]) {
      socket.once('close', () => pairs.delete(pair));
      if (fault?.kind === 'stall') socket.pause();
    }
  });
  const port = await listen(server, 0);
  const cut = () => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
  };
  const mend = async () => {
    const before = fault?.kind;
    fault = undefined;
    for (const { near, far } of pairs) {
      near.resume();
      far.resume();
    }
    if (before === 'refuse') await listen(server, port);
  };
  return {
    port,
    cut,
    mend,
    strike: async (next) => {
      await mend();
      fault = next;
      if (next.kind === 'stall' || next.kind === 'hold') {
        for (const { near, far } of pairs) {
          near.pause();
          far.pause();
        }
      }
      if (next.kind === 'refuse') {
        const closed = new Promise((resolve) => server.close(resolve));
        cut();
        await closed;
      }
    },
    close: async () => {
      if (fault?.kind === 'refuse') return;
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}

function join({ near, far }: Pair, fault: () => Fault | undefined): void {
  near.on('data', (chunk: Buffer) => {
    const now = fault();
    if (now?.kind !== 'answer') return void far.write(chunk);
    far.destroy();
    near.end(now.bytes);
  });
  far.on('data', (chunk: Buffer) => {
    if (fault()?.kind !== 'lose answers') return void near.write(chunk);
    near.destroy();
    far.destroy();
  });
  for (const [socket, other] of [
    [near, far],
    [far, near],
  ] as const) {
    socket.on('error', () => undefined);
    socket.once('end', () => other.end());
    socket.once('close', (failed: boolean) => {
      if (failed) other.destroy();
      else other.end();
    });
  }
}
