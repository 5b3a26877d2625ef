import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishRotations } from '../../src/broker/finish-rotation.ts';
import { Secret } from '../../src/domain/secret.ts';
import { buildWorker, type Worker } from './children.ts';
import { crash, type Crashing, placesOf, record } from './points.ts';
import { openStage, type Stage } from './stage.ts';

const TIMEOUT = 300_000;
const SECRET = 'shop-staging/admin-url';
const NOTHING = { token: '', task: '', agent: '', scope: '', lease: '', key: '' };

const ROTATING: Crashing = {
  verb: 'rotate the root',
  statements: true,
  input: async () => NOTHING,
};

/** Another process put the next value on record, and died before it told anybody. */
const FINISHING: Crashing = {
  verb: 'finish the rotation',
  statements: true,
  input: async ({ broker }) => {
    const provider = broker.providers.get('postgres');
    const { current } = await broker.rotations.roots(SECRET);
    const value = (await provider?.nextRoot?.(current)) ?? new Secret('');
    await broker.rotations.begin(SECRET, { value, kind: 'postgres' }, 0, (generation) => ({
      actor: 'opr_host',
      action: 'secret.rotating',
      subject: `secret:${SECRET}`,
      detail: { generation },
    }));
    return NOTHING;
  },
};

async function logsIn(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '28P01') return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

describe('kill -9 in a rotation of a root credential locks nobody out', () => {
  let worker: Worker;
  beforeAll(async () => {
    worker = await buildWorker();
  });
  afterAll(() => worker.remove());

  it.each([
    ['a rotation', ROTATING],
    ['the end of an interrupted one', FINISHING],
  ])('before and after every port call of %s', { timeout: TIMEOUT }, async (_name, crashing) => {
    const stage = await openStage();
    const { lease } = await stage.withLease();
    const used: string[] = [await currentOf(stage)];
    const points = await record(worker, stage, crashing);
    expect(points.length).toBeGreaterThan(10);
    await expectRotated(stage, used);
    for (const [index, killAt] of placesOf(points).entries()) {
      await crash(worker, stage, crashing, index, killAt);
      // At the next use, whatever the dead process had got to: a value that works.
      expect(await logsIn((await stage.broker.secrets.read(SECRET)).value.reveal())).toBe(true);
      // As if the time had passed for which the rotation was the dead process's.
      await stage.asSuperuser(`update countersign.root_rotations set claimed_until = now()`);
      await finishRotations(stage.broker);
      await expectSound(stage, used);
    }
    expect((await stage.broker.leases.find(lease))?.state).toBe('active');
    expect(await stage.verdict()).toMatchObject({ ok: true, anchored: true });
    console.log(`crash matrix: ${points.length} points of ${crashing.verb}`);
    await stage.close();
  });

  async function currentOf(stage: Stage): Promise<string> {
    const { current, pending } = await stage.broker.rotations.roots(SECRET);
    expect(pending).toBeUndefined();
    return current.value.reveal();
  }

  async function expectRotated(stage: Stage, used: string[]): Promise<void> {
    const before = used.length;
    await expectSound(stage, used);
    expect(used.length).toBe(before + 1);
  }

  /** Nothing is pending, the current value logs in, and none of the earlier ones does. */
  async function expectSound(stage: Stage, used: string[]): Promise<void> {
    const current = await currentOf(stage);
    expect(await logsIn(current)).toBe(true);
    if (used.at(-1) === current) return;
    for (const old of used) expect(await logsIn(old)).toBe(false);
    used.push(current);
  }
});
