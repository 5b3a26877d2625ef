import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Login } from './login.ts';

/** `env` says so when there is no such program. */
const NOT_FOUND = 127;
/** Variables that would change how psql logs in. */
const UNWANTED = ['PGPASSWORD', 'PGOPTIONS', 'PGSERVICE', 'PGSSLMODE'];

/**
 * One statement through psql, with the agent's login. The password goes by a file that only we can
 * read: an argument list is for everybody to see.
 * @returns its first line of output, or undefined where psql is not installed
 */
export async function askPsql(
  folder: string,
  login: Login,
  sql: string,
): Promise<string | undefined> {
  const passfile = join(folder, 'pgpass');
  const { host, port, database, username, password } = login;
  await writeFile(passfile, `${host}:${port}:${database}:${username}:${password}\n`, {
    mode: 0o600,
  });
  const target = `host=${host} port=${port} dbname=${database} user=${username} passfile='${passfile.replace(/[\\']/g, '\\$&')}'`;
  const unset = UNWANTED.flatMap((name) => ['-u', name]);
  const args = [...unset, 'psql', '-XAtqw', '-c', sql, target];
  const child = spawn('env', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(NOT_FOUND));
    child.once('close', resolve);
  });
  const [code, out, problem] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code === NOT_FOUND) return undefined;
  if (code !== 0) throw new Error(`psql: ${problem.trim()}`);
  return out.split('\n')[0] ?? '';
}
