import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { migrate } from '../../src/store/migrate.ts';
import { builtFile } from '../support/built.ts';
import { availableMajors, testServer } from '../support/postgres.ts';
import { MIGRATIONS } from '../support/store.ts';

describe.each([14, 18] as const)('migrate on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    const runtimeRole = `runtime_${randomBytes(5).toString('hex')}`;
    let home: string;
    let url: string;

    beforeAll(async () => {
      const server = await testServer(major);
      await run(server.url('postgres'), `create role ${runtimeRole} login password 'runtime'`);
    });
    beforeEach(async () => {
      const server = await testServer(major);
      url = server.url(await server.createDatabase('migrate'));
      home = await mkdtemp(join(tmpdir(), 'countersign-migrations-'));
      await cp(MIGRATIONS, home, { recursive: true });
    });
    afterEach(() => rm(home, { recursive: true, force: true }));

    const go = (directory = home, newInstallationId = 'aaaaaaaa') =>
      migrate({ ownerUrl: new Secret(url), runtimeRole, directory, newInstallationId });

    it('is done once when five do it at once, under one installation id', async () => {
      const ids = ['aaaaaaa1', 'aaaaaaa2', 'aaaaaaa3', 'aaaaaaa4', 'aaaaaaa5'];
      const results = await Promise.all(ids.map((id) => go(home, id)));
      const applied = results.flatMap((result) => result.applied);
      expect(applied.length).toBeGreaterThan(0);
      expect(new Set(applied).size).toBe(applied.length);
      expect(results.filter((result) => result.applied.length > 0)).toHaveLength(1);
      const [row] = await run(url, 'select id from countersign.installation');
      expect(ids).toContain(row?.['id']);
      expect(await go(home, 'zzzzzzzz')).toEqual({ applied: [], current: applied.at(-1) });
      expect(await run(url, 'select id from countersign.installation')).toEqual([row]);
    });

    it('is done once by two processes at once', async () => {
      const database = new URL(url);
      database.username = runtimeRole;
      const env = {
        PATH: process.env['PATH'] ?? '',
        COUNTERSIGN_MIGRATE_DATABASE_URL: url,
        DATABASE_URL: database.href,
      };
      const runs = await Promise.all([0, 1, 2].map(() => runCli(['migrate', '--json'], env, home)));
      for (const { code, stderr } of runs) expect([code, stderr]).toEqual([0, '']);
      const applied = runs.map(({ stdout }) => (JSON.parse(stdout) as { applied: [] }).applied);
      expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    });

    it('gives the runtime role what it needs and no more, again on every run', async () => {
      await go();
      await run(url, `grant insert, update on countersign.audit_entries to ${runtimeRole}`);
      await go();
      expect(
        await run(
          url,
          `select string_agg(privilege_type, ' ' order by privilege_type) as may
           from information_schema.role_table_grants
           where table_name = 'audit_entries' and grantee = $1`,
          [runtimeRole],
        ),
      ).toEqual([{ may: 'SELECT' }]);
      expect(
        await run(url, 'select from pg_class where pg_get_userbyid(relowner) = $1', [runtimeRole]),
      ).toEqual([]);
    });

    it('refuses a file that was changed after it had been applied, and changes nothing', async () => {
      const { current } = await go();
      const before = await catalog(url);
      await appendFile(join(home, current), '\n-- one more word');
      await writeFile(join(home, '9000_later.sql'), 'create table later (id int);');
      await expect(go()).rejects.toThrow(`Migration ${current} was changed`);
      expect(await catalog(url)).toEqual(before);
    });

    it('refuses a store that is newer than the program', async () => {
      await writeFile(join(home, '9000_newer.sql'), 'create table newer (id int);');
      expect((await go()).current).toBe('9000_newer.sql');
      await expect(go(MIGRATIONS)).rejects.toThrow('newer than this program');
    });

    it('takes a file whole or not at all', async () => {
      await go();
      const before = await catalog(url);
      await writeFile(join(home, '9000_bad.sql'), 'create table half (id int); select 1/0;');
      await expect(go()).rejects.toThrow('division by zero');
      expect(await catalog(url)).toEqual(before);
      await writeFile(join(home, '9000_bad.sql'), 'create table half (id int);');
      expect((await go()).applied).toEqual(['9000_bad.sql']);
    });

    it('says what is wrong when the store is away, without the password', async () => {
      const away = new URL(url);
      away.port = '1';
      away.password = 'canary-of-the-owner';
      const error: unknown = await migrate({
        ownerUrl: new Secret(away.href),
        runtimeRole,
        directory: home,
        newInstallationId: 'aaaaaaaa',
      }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'store_unavailable' });
      expect(JSON.stringify(error) + String(error)).not.toContain('canary');
    });
  });
});

async function run(url: string, sql: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

function catalog(url: string) {
  return run(
    url,
    `select c.relname as name, (select json_agg(name order by name) from countersign.migrations) as done
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'countersign' order by 1`,
  );
}

async function runCli(argv: string[], env: Record<string, string>, cwd: string) {
  const child = spawn(process.execPath, [builtFile('cli/main.js'), ...argv], { cwd, env });
  child.stdin.end();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
