import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { processIdentity } from '../../src/platform/embedded-postgres/processes.ts';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/start.ts';
import { sweepAbandoned } from '../support/abandoned.ts';
import { builtFile } from '../support/built.ts';
import { availableMajors, testServer } from '../support/postgres.ts';

const AS_ROOT = process.getuid?.() === 0;
const running = new Set<EmbeddedPostgres>();
const folders: string[] = [];

afterEach(async () => {
  for (const server of running) await server.stop();
  running.clear();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A new folder, closed to others (as a home may be) unless said otherwise. */
async function newFolder(mode = 0o700): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'embedded-'));
  await chmod(folder, mode);
  folders.push(folder);
  return folder;
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ fsync: false, ...options });
  running.add(server);
  return server;
}

async function stop(server: EmbeddedPostgres): Promise<void> {
  await server.stop();
  running.delete(server);
}

async function query(server: Pick<EmbeddedPostgres, 'port' | 'password'>, sql: string) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: server.password.reveal(),
    database: 'postgres',
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Another process that starts the server in this directory and then does nothing, as a broker would;
 * with `uid` it is another user, from the moment its code is loaded.
 */
async function startElsewhere(dataDir: string, uid = 0) {
  const script = `
    const [, entry, dataDir, uid] = process.argv;
    const { startEmbeddedPostgres } = await import(entry);
    if (uid !== '0') process.setuid(Number(uid));
    try {
      const server = await startEmbeddedPostgres({ dataDir, fsync: false });
      console.log(JSON.stringify({ pid: server.pid() }));
      setInterval(() => undefined, 1000);
    } catch (error) {
      console.log(JSON.stringify({ error: error.message }));
    }`;
  const entry = builtFile('platform/embedded-postgres/start.js');
  const args = ['--input-type=module', '-e', script, entry, dataDir, String(uid)];
  const broker = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(broker.stdout);
  const said = await Promise.race([once(lines, 'line'), once(broker, 'exit').then(() => [])]);
  const line = typeof said[0] === 'string' ? said[0] : '{"error":"ended without a word"}';
  return { broker, ...(JSON.parse(line) as { pid?: number; error?: string }) };
}

/** Runs: a process that ended but was not yet collected by its parent does not. */
async function runs(pid: number | undefined): Promise<boolean> {
  return pid !== undefined && (await processIdentity(pid)) !== undefined;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe.each([18, 14] as const)('the shared server of version %i', (major) => {
  test.skipIf(!availableMajors().includes(major))('is that version', async () => {
    const server = await testServer(major);
    const client = new pg.Client({
      connectionString: server.url(await server.createDatabase('x')),
    });
    await client.connect();
    const { rows } = await client.query('SHOW server_version');
    await client.end();
    expect(rows[0].server_version).toMatch(new RegExp(`^${major}\\.`));
  });
});

describe('starting and stopping', () => {
  test('a second start finds the data, on the same port, with the same password', async () => {
    const dataDir = join(await newFolder(), 'data');
    const first = await start({ dataDir });
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await stop(first);
    expect(await runs(first.pid())).toBe(false);

    const second = await start({ dataDir });
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(second.port).toBe(first.port);
    expect(second.password.reveal()).toBe(first.password.reveal());
  });

  test('settings are passed on, and stopping ends a session in the middle of a query', async () => {
    const server = await start({
      dataDir: await newFolder(),
      settings: { max_connections: '37' },
    });
    expect(await query(server, 'SHOW max_connections')).toEqual([{ max_connections: '37' }]);
    const asleep = query(server, 'SELECT pg_sleep(600)').catch((error: Error) => error);
    await stop(server);
    expect(await asleep).toBeInstanceOf(Error);
  });

  test('it listens on the loopback address only, without a socket, and wants the password', async () => {
    const server = await start({ dataDir: await newFolder() });
    const [row] = await query(
      server,
      "SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets",
    );
    expect(row).toEqual({ addresses: '127.0.0.1', sockets: '' });
    const wrong = { port: server.port, password: { reveal: () => 'wrong' } };
    await expect(query(wrong as never, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  test('nobody else can read the password, and no copy of it is left', async () => {
    const dataDir = join(await newFolder(), 'data');
    const server = await start({ dataDir });
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    const file = await stat(join(dataDir, 'postgres-password'));
    expect([file.mode & 0o777, file.uid]).toEqual([0o600, process.getuid?.()]);
    const password = server.password.reveal();
    expect(password.length).toBeGreaterThanOrEqual(32);
    const files = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter(
      (entry) => entry.isFile() && entry.name !== 'postgres-password',
    );
    const copies: string[] = [];
    for (const entry of files) {
      const text = await readFile(join(entry.parentPath, entry.name), 'latin1').catch(() => '');
      if (text.includes(password)) copies.push(entry.name);
    }
    expect(copies).toEqual([]);
    expect((await readdir(dataDir)).filter((name) => name.startsWith('postgres-init'))).toEqual([]);
  });

  test('the server gets neither our environment nor a password on its command line', async () => {
    const server = await start({ dataDir: await newFolder() });
    const environment = await readFile(`/proc/${server.pid()}/environ`, 'latin1').catch(() => '');
    const command = await readFile(`/proc/${server.pid()}/cmdline`, 'latin1').catch(() => '');
    expect(environment).not.toMatch(/HOME=|VITEST/);
    expect(command).not.toContain(server.password.reveal());
  });

  test('a failing statement does not reach the log', async () => {
    const lines: string[] = [];
    const server = await start({ dataDir: await newFolder(), log: (line) => lines.push(line) });
    await query(server, "SELECT 'hidden-value' FROM absent").catch(() => undefined);
    await stop(server);
    expect(lines.join('\n')).toContain('ready to accept connections');
    expect(lines.join('\n')).toContain('"absent" does not exist');
    expect(lines.join('\n')).not.toContain('hidden-value');
  });

  test('a port that was taken meanwhile is replaced', async () => {
    const [dataDir, other] = [await newFolder(), await newFolder()];
    await stop(await start({ dataDir }));
    const blocker = await start({ dataDir: other });
    await writeFile(join(dataDir, 'postgres-port'), String(blocker.port));
    const server = await start({ dataDir });
    expect(server.port).not.toBe(blocker.port);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('after kill -9', () => {
  test('of the broker: its server is shut down and the data is whole', async () => {
    const dataDir = await newFolder();
    const killed = await startElsewhere(dataDir);
    const orphan = killed.pid;
    await kill(killed.broker);
    expect(await runs(orphan)).toBe(true);

    const server = await start({ dataDir });
    expect(await runs(orphan)).toBe(false);
    expect(server.pid()).not.toBe(orphan);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('of broker and server: what was committed is there', async () => {
    const dataDir = await newFolder();
    const first = await start({ dataDir });
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await stop(first);
    const killed = await startElsewhere(dataDir);
    await kill(killed.broker);
    process.kill(killed.pid ?? 0, 'SIGKILL');

    const server = await start({ dataDir });
    expect(await query(server, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('of the server alone: it comes back by itself, on the same port', async () => {
    const lines: string[] = [];
    const server = await start({ dataDir: await newFolder(), log: (line) => lines.push(line) });
    const killed = server.pid();
    process.kill(killed, 'SIGKILL');
    await expect
      .poll(() => query(server, 'SELECT 1 AS one').catch(() => 'down'), { timeout: 25_000 })
      .toEqual([{ one: 1 }]);
    expect(server.pid()).not.toBe(killed);
    expect(lines.join('\n')).toContain('ended unexpectedly');
  });

  test('a pid file whose process is now another program does not block the start', async () => {
    const dataDir = await newFolder();
    const first = await start({ dataDir });
    const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await stop(first);
    const uid = (await stat(join(dataDir, 'postgres'))).uid;
    const stranger = spawn('sleep', ['600'], { uid, gid: uid });
    await once(stranger, 'spawn');
    await writeFile(pidFile, text.replace(/^\d+/, String(stranger.pid)));

    const server = await start({ dataDir });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await runs(stranger.pid)).toBe(true);
    await kill(stranger);
  });

  test('in the middle of initdb: the next start makes a whole database', async () => {
    const dataDir = await newFolder();
    const draft = join(dataDir, 'postgres-init-1', 'data');
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'PG_VERSION'), '18\n');
    await writeFile(join(dataDir, 'postgres-password'), 'of the draft');

    const server = await start({ dataDir });
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await readdir(dataDir)).not.toContain('postgres-init-1');
  });
});

describe('a data directory that cannot be used: one clear line', () => {
  test('in use by another process', async () => {
    const dataDir = await newFolder();
    const { broker, pid } = await startElsewhere(dataDir);
    await expect(start({ dataDir })).rejects.toThrow(
      `data directory ${dataDir} is in use by process ${broker.pid}`,
    );
    expect(await runs(pid)).toBe(true);
    await kill(broker);
    await start({ dataDir });
  });

  test('in use by this process', async () => {
    const dataDir = await newFolder();
    const server = await start({ dataDir });
    await expect(start({ dataDir })).rejects.toThrow(
      `data directory ${dataDir} is in use by process ${process.pid}`,
    );
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('of several that come at once exactly one gets it', async () => {
    const dataDir = await newFolder();
    const all = await Promise.all([1, 2, 3].map(() => startElsewhere(dataDir)));
    const errors = all.flatMap(({ error }) => error ?? []);
    expect(errors).toHaveLength(2);
    for (const error of errors) expect(error).toMatch(/ is in use by process \d+$/);
    await Promise.all(all.filter(({ pid }) => pid).map(({ broker }) => kill(broker)));
    await start({ dataDir });
  });

  test('not writable', async () => {
    const folder = await newFolder(0o755);
    const dataDir = join(folder, 'data');
    await chmod(folder, 0o555);
    const { error } = await startElsewhere(dataDir, AS_ROOT ? 65534 : 0);
    await chmod(folder, 0o755);
    expect(error).toBe(
      `data directory ${dataDir} cannot be written (EACCES); set COUNTERSIGN_DATA_DIR to one that can`,
    );
  });

  test('below something that is no directory', async () => {
    const file = join(await newFolder(), 'file');
    await writeFile(file, '');
    await expect(start({ dataDir: join(file, 'data') })).rejects.toThrow(
      /cannot be written \(ENOTDIR\)/,
    );
  });

  test('with a database whose password is gone', async () => {
    const dataDir = await newFolder();
    await stop(await start({ dataDir }));
    await rm(join(dataDir, 'postgres-password'));
    await expect(start({ dataDir })).rejects.toThrow(/not its password file \(postgres-password\)/);
  });

  test('no programs for this system', async () => {
    const dataDir = await newFolder();
    await expect(start({ dataDir, packageName: '@embedded-postgres/none' })).rejects.toThrow(
      /^no embedded PostgreSQL for this system .* set DATABASE_URL to a PostgreSQL 14 or later$/,
    );
    // The directory was released: the next start gets it.
    await start({ dataDir });
  });
});

test('the sweep of killed test runs leaves living servers alone, whatever their folder looks like', async () => {
  const folder = await newFolder(0o711);
  const folders = ['run-one', 'run-many/18', 'run-dead/18/postgres'].map((name) =>
    join(folder, name),
  );
  for (const path of folders) await mkdir(path, { recursive: true, mode: 0o711 });
  const [one = '', many = ''] = folders;
  const servers = await Promise.all([one, many].map((dataDir) => start({ dataDir })));
  await sweepAbandoned(folder, 'run-');
  expect((await readdir(folder)).sort()).toEqual(['run-many', 'run-one']);
  for (const server of servers) expect(await query(server, 'select 1 as n')).toEqual([{ n: 1 }]);
  // Nothing was put into it either: the next start there would stumble over that.
  expect(await readdir(join(one, 'lock'))).toHaveLength(1);
});
