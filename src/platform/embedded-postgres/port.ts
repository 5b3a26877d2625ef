import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const PORT_FILE = 'postgres-port';

/**
 * A free loopback port: the one this data directory had last time, if nobody took it meanwhile.
 * Kept in the data directory. PostgreSQL may still find it taken; the caller then asks again.
 */
export async function choosePort(dataDir: string): Promise<number> {
  const file = join(dataDir, PORT_FILE);
  const kept = Number(await readFile(file, 'utf8').catch(() => '0'));
  const port =
    (Number.isInteger(kept) && kept > 0 && kept < 65536 && (await freePort(kept))) ||
    (await freePort(0));
  if (port === undefined) throw new Error('no free port on 127.0.0.1');
  await writeFile(file, String(port), { mode: 0o600 });
  return port;
}

/** The port itself if it is free (0: any free one), else undefined. */
function freePort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
