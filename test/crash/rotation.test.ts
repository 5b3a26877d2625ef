import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishRotations } from '../../src/broker/finish-rotation.ts';
import { Secret } from '../../src/domain/secret.ts';
import { buildWorker, type Worker } from './children.ts';
import { logins } from './downstreams.ts';
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

/** Who is killed, and how one learns where. */
interface Dying {
  readonly open: () => Promise<Stage>;
  readonly points: (stage: Stage, crashing: Crashing) => Promise<readonly string[]>;
  readonly at: (stage: Stage, crashing: Crashing, nth: number, killAt: string) => Promise<unknown>;
}

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

  const brokerDies: Dying = {
    open: () => openStage(),
    points: (stage, crashing) => record(worker, stage, crashing),
    at: (stage, crashing, nth, killAt) => crash(worker, stage, crashing, nth, killAt),
  };
  /** The broker lives on, and the server whose login it changes is killed and comes back. */
  const serverDies: Dying = {
    open: () => openStage(() => logins(true)),
    points: (stage, crashing) => stage.runHere(crashing, 0),
    at: (stage, crashing, nth, killAt) => stage.runHere(crashing, nth, killAt),
  };

  it.each([
    ['the broker', 'a rotation', ROTATING, brokerDies],
    ['the broker', 'the end of an interrupted one', FINISHING, brokerDies],
    ['the server', 'a rotation', ROTATING, serverDies],
    ['the server', 'the end of an interrupted one', FINISHING, serverDies],
  ])(
    'of %s before and after every port call of %s',
    { timeout: TIMEOUT },
    async (who, _name, crashing, dying) => {
      const stage = await dying.open();
      const { lease } = await stage.withLease();
      const used: string[] = [await currentOf(stage)];
      const points = await dying.points(stage, crashing);
      expect(points.length).toBeGreaterThan(10);
      await expectRotated(stage, used);
      for (const [index, killAt] of placesOf(points).entries()) {
        await dying.at(stage, crashing, index, killAt);
        // At the next use, whatever had been got to: a value that works.
        expect(await logsIn((await stage.broker.secrets.read(SECRET)).value.reveal())).toBe(true);
        // As if the time had passed for which the rotation was the dead process's.
        await stage.asSuperuser(`update countersign.root_rotations set claimed_until = now()`);
        await finishRotations(stage.broker);
        await expectSound(stage, used);
      }
      expect((await stage.broker.leases.find(lease))?.state).toBe('active');
      expect(await stage.verdict()).toMatchObject({ ok: true, anchored: true });
      console.log(`crash matrix: ${points.length} points of ${crashing.verb}, ${who} was killed`);
      await stage.close();
    },
  );

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
