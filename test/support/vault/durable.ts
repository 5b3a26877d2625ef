import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../broker.ts';
import { must, vaultApi, type VaultApi } from './api.ts';
import { startFakeVault } from './fake.ts';
import { findVaultBinary, versionOf } from './real.ts';

/** A Vault that may be killed: it comes back on the same port with what it had written. */
export interface DurableVault extends VaultApi {
  readonly name: string;
  readonly real: boolean;
  /** `kill -9`, and the start of the next one. */
  kill(): void;
  /** Resolves when it answers again, unsealed. @throws what kept it from that */
  back(): Promise<void>;
  stop(): Promise<void>;
}

/** The real one with its storage in files where this machine has one, else the fake with its state kept. */
export async function startDurableVault(): Promise<DurableVault> {
  const binary = findVaultBinary();
  if (binary) return startOnDisk(binary);
  const fake = await startFakeVault();
  return { ...fake, name: 'fake Vault', real: false, ...revived(() => fake.killAndRevive()) };
}

/** Deaths one after the other: the last of them is what is waited for. */
function revived(die: () => Promise<void>): Pick<DurableVault, 'kill' | 'back'> {
  let alive = Promise.resolve();
  return {
    kill: () => {
      const dying = die();
      alive = alive.then(() => dying);
      alive.catch(() => undefined);
    },
    back: () => alive,
  };
}

async function startOnDisk(binary: string): Promise<DurableVault> {
  const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'countersign-vault-'))];
  const config = join(folder, 'server.json');
  await writeFile(
    config,
    JSON.stringify({
      storage: { file: { path: join(folder, 'data') } },
      listener: { tcp: { address: `127.0.0.1:${port}`, tls_disable: true } },
      api_addr: `http://127.0.0.1:${port}`,
      disable_mlock: true,
    }),
  );
  const start = () => spawn(binary, ['server', `-config=${config}`], { stdio: 'ignore', env: {} });
  const address = `http://127.0.0.1:${port}`;
  let child = start();
  const { keys, rootToken } = await initialise(address, child);
  await unseal(address, keys, child);
  const die = async () => {
    const ended = exitOf(child);
    child.kill('SIGKILL');
    await ended;
    child = start();
    await unseal(address, keys, child);
  };
  return {
    ...vaultApi(address, rootToken),
    name: versionOf(binary),
    real: true,
    ...revived(die),
    stop: async () => {
      const ended = exitOf(child);
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function exitOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', resolve));
}

/** One share, as a test needs no ceremony. */
async function initialise(address: string, child: ChildProcess) {
  const answer = await patiently(child, async () => {
    const response = await fetch(`${address}/v1/sys/init`, {
      method: 'POST',
      body: JSON.stringify({ secret_shares: 1, secret_threshold: 1 }),
    });
    if (!response.ok) throw new Error(`sys/init: ${response.status}`);
    return (await response.json()) as { keys: string[]; root_token: string };
  });
  return { keys: answer.keys, rootToken: answer.root_token };
}

async function unseal(address: string, keys: readonly string[], child: ChildProcess) {
  const api = vaultApi(address, '');
  await patiently(child, async () => {
    for (const key of keys) {
      await must(api, { method: 'POST', path: 'sys/unseal', body: { key } });
    }
    // Active, with its leases loaded: before that it is a standby.
    const { status } = await api.call({ path: 'sys/health' });
    if (status !== 200) throw new Error(`sys/health: ${status}`);
  });
}

async function patiently<T>(child: ChildProcess, ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 600 || child.exitCode !== null) throw error;
      await sleep(25);
    }
  }
}
