import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../broker.ts';
import { type VaultApi, vaultApi } from './api.ts';

/** A `bao` or `vault` of this machine, or none. */
export function findVaultBinary(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['bao', 'vault']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}

/** E.g. `OpenBao v2.4.0`. */
export function versionOf(binary: string): string {
  const text = execFileSync(binary, ['version'], { encoding: 'utf8', env: {} });
  return text.split(' (')[0]?.trim() ?? binary;
}

/** A server in dev mode on a loopback port, with nothing on disk. */
export async function startRealVault(
  binary: string,
): Promise<VaultApi & { stop(): Promise<void> }> {
  const port = await freePort();
  const rootToken = `root-${randomBytes(12).toString('hex')}`;
  const child = spawn(
    binary,
    ['server', '-dev', '-dev-no-store-token', `-dev-listen-address=127.0.0.1:${port}`],
    // In the environment, where other users of the machine do not see it.
    {
      stdio: 'ignore',
      env: {
        BAO_DEV_ROOT_TOKEN_ID: rootToken,
        VAULT_DEV_ROOT_TOKEN_ID: rootToken,
        HOME: '/nonexistent',
      },
    },
  );
  const api = vaultApi(`http://127.0.0.1:${port}`, rootToken);
  await untilReady(api, child);
  return {
    ...api,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilReady(api: VaultApi, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    // The dev server mounts its engines after it answers: the last of them is the key-value one.
    const answer = await api.call({ path: 'sys/internal/ui/mounts/secret' }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error('the server did not become ready');
}
