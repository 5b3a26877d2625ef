import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/broker.ts';
import { found } from './disguises.ts';
import { startProgram, visibleTraces } from './served.ts';

describe('the embedded server of dev', () => {
  it('inherits nothing secret, and is told nothing on its command line', async () => {
    const home = await mkdtemp(join(tmpdir(), 'countersign-canary-'));
    await chmod(home, 0o711);
    const key = randomBytes(32).toString('base64url');
    const port = await freePort();
    const dev = await startProgram(
      ['dev'],
      {
        COUNTERSIGN_PORT: String(port),
        COUNTERSIGN_DATA_DIR: join(home, 'data'),
        COUNTERSIGN_POLICIES: join(home, 'none'),
        COUNTERSIGN_MASTER_KEY: key,
        CANARY: 'of-the-parent',
      },
      { cwd: home, ready: /ready at/ },
    );
    const children = visibleTraces(dev.pid).filter(({ pid }) => pid !== dev.pid);
    const kept = await passwordsIn(join(home, 'data'));
    const output = dev.output();
    await dev.stop();
    await rm(home, { recursive: true, force: true });
    expect(children.length).toBeGreaterThan(3);
    expect(children.some(({ cmdline }) => cmdline.includes('postgres'))).toBe(true);
    const seen = children.map(({ cmdline, environ }) => cmdline + environ).join('\n');
    expect(found(seen + output, { key, ...kept })).toEqual([]);
    expect(seen).not.toContain('of-the-parent');
  });
});

/** Whatever short text lies in private files of a data directory, outside the database's own. */
async function passwordsIn(folder: string): Promise<Record<string, string>> {
  const secret: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const content = (await readFile(join(folder, entry.name), 'utf8')).trim();
    for (const word of content.match(/[A-Za-z0-9_-]{24,}/g) ?? []) secret[entry.name + word] = word;
  }
  return secret;
}
