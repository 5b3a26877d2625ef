import { createServer, type Socket } from 'node:net';
import { listen } from './line.ts';

/** A port that takes connections and never says a word. */
export async function silentPort(): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  return {
    port: await listen(server, 0),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
