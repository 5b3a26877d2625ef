import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Production } from '../../src/main/demo/production.ts';
import { openStage } from '../../src/main/demo/stage.ts';
import { createStep, type StepRecord } from '../../src/main/demo/step.ts';
import { playStory } from '../../src/main/demo/story.ts';
import { sweepOldStages } from '../../src/main/demo/sweep.ts';
import { serversOf } from '../../src/platform/embedded-postgres/processes.ts';
import { builtFile } from '../support/built.ts';

const STEPS = [
  ...['production', 'broker', 'policy', 'harden', 'sandboxes', 'template', 'task', 'token'],
  ...['login', 'read', 'column', 'harm', 'denied', 'sandbox', 'migration', 'changes'],
  ...['close', 'gone', 'same', 'audit'],
];
/** Whole servers are made and removed, on a machine that has other things to do. */
const LONG = 180_000;
const SERVERS = ['broker', 'production', 'sandboxes'];

describe('npm run demo', () => {
  let home = '';
  let dataDir = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'countersign-demo-'));
    dataDir = join(home, 'data');
  });
  afterAll(async () => {
    // After a failure a killed demo's servers may still run.
    await sweepOldStages(dataDir);
    await rm(home, { recursive: true, force: true });
  });

  const demo = (...args: string[]) =>
    spawn(process.execPath, [builtFile('cli/main.js'), 'demo', ...args], {
      env: { PATH: process.env['PATH'], COUNTERSIGN_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it(
    'plays every step, says what it saw, and takes down what a killed one left behind',
    async () => {
      const killed = demo('--json');
      await saying(killed, '"broker"');
      const left = await clusters(dataDir);
      killed.kill('SIGKILL');
      await once(killed, 'close');
      expect(left).toHaveLength(SERVERS.length);
      expect(await Promise.all(left.map(serversOf))).not.toContainEqual([]);

      const { code, out, err } = await finished(demo('--json'));
      const records = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as StepRecord);
      expect(records.filter(({ ok }) => !ok).concat(err === '' ? [] : [err as never])).toEqual([]);
      expect(records.map(({ step }) => step)).toEqual(STEPS);
      expect(code).toBe(0);
      const facts = (step: string) => records.find((one) => one.step === step)?.facts.join('\n');
      const harm = facts('harm') ?? '';
      for (const word of ['DELETE', 'TRUNCATE', 'DROP TABLE', 'COPY']) {
        expect(harm).toMatch(new RegExp(`^${word}.* 42501 `, 'm'));
      }
      expect(facts('column')).toMatch(/email.* 42501 /);
      expect(facts('denied')).toMatch(/may ask for: .*orders-db:read, sandboxes:try/);
      expect(facts('sandbox')).toMatch(/not one e-mail address of production\n.* 42501 /);
      expect(facts('migration')).toMatch(/DROP COLUMN[^]*TRUNCATE order_items\nDELETE FROM/);
      expect(facts('gone')).toContain('(pg_database, pg_roles)');
      expect(facts('close')).toMatch(/dead \d+ ms/);
      const shown = (step: string) =>
        records.find((one) => one.step === step)?.shown.join('\n') ?? '';
      expect(shown('harden')).toMatch(/^REVOKE/m);
      expect(shown('sandboxes')).toMatch(/^REVOKE CONNECT/m);
      expect(shown('changes')).toMatch(/- column public\.orders\.status[^]*100000 deleted/);
      const [checksum] = /[0-9a-f]{32}/.exec(facts('template') ?? '') ?? [];
      expect(facts('same')).toContain(`checksum ${checksum}, as before`);
      // It was there before; what the demos put into it is gone, servers and all.
      expect(await readdir(dataDir)).toEqual([]);
    },
    LONG,
  );

  it(
    'stops and removes everything when it is interrupted',
    async () => {
      const interrupted = demo();
      await saying(interrupted, 'sample policy');
      const running = await clusters(dataDir);
      interrupted.kill('SIGINT');
      const { code, err } = await finished(interrupted);
      expect(err).toContain('Interrupted');
      expect(code).toBe(1);
      expect(running).toHaveLength(SERVERS.length);
      expect(running.filter((cluster) => existsSync(cluster))).toEqual([]);
      expect(await readdir(dataDir)).toEqual([]);
    },
    LONG,
  );

  it.each<[string, string, string, RegExp]>([
    [
      'lets the agent do harm',
      'column',
      'GRANT TRUNCATE ON orders, order_items TO PUBLIC',
      /^Step 12 .*TRUNCATE orders/,
    ],
    [
      'is not what it was before',
      'changes',
      "UPDATE customers SET email = 'x@example.com' WHERE id = 7",
      /^Step 19 .*checksum/,
    ],
  ])(
    'fails, with the step and the fact, when production %s',
    async (_what, after, sql, failure) => {
      const records: StepRecord[] = [];
      const narrator = {
        begin() {},
        fact() {},
        show() {},
        end: (one: StepRecord) => records.push(one),
      };
      const step = createStep(narrator, new AbortController().signal);
      const stage = await openStage(dataDir);
      let production: Production | undefined;
      try {
        const sabotaged: typeof step = async (id, title, act) => {
          const result = await step(id, title, act);
          if (id === 'production') production = result as Production;
          if (id === after) await production?.superuser.query(sql);
          return result;
        };
        await expect(playStory(stage, sabotaged)).rejects.toThrow(failure);
      } finally {
        await stage.close();
      }
      expect(records.at(-1)).toMatchObject({ ok: false });
    },
    LONG,
  );
});

/** Waits for a piece of what it prints; what comes afterwards is thrown away. */
async function saying(child: ChildProcess, piece: string): Promise<void> {
  let seen = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    seen += String(chunk);
    if (seen.includes(piece)) break;
  }
  child.stdout?.resume();
  expect(seen).toContain(piece);
}

async function finished(child: ChildProcess): Promise<{ code: number; out: string; err: string }> {
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('its output is not piped');
  const [[code], out, err] = await Promise.all([once(child, 'close'), text(stdout), text(stderr)]);
  return { code: Number(code), out, err: stripVTControlCharacters(err) };
}

async function clusters(dataDir: string): Promise<string[]> {
  const stages = (await readdir(dataDir)).filter((name) => name.startsWith('demo-'));
  return stages.flatMap((name) => SERVERS.map((server) => join(dataDir, name, server, 'postgres')));
}
