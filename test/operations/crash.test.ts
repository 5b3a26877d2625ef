import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyProvider, ExecuteRequest } from '../../src/ports/provider.ts';
import { type Held, logIn } from '../broker/ground.ts';
import type { TestAgent } from '../support/broker.ts';
import { CORRECT, openStage, type Stage } from './stage.ts';

const NEVER = new Promise<never>(() => undefined);

/** Where whoever runs the next operation stops for good. */
type Place = 'before its record' | 'before COMMIT' | 'after COMMIT';

describe('an operation that nobody finishes', () => {
  let stage: Stage;
  let agent: TestAgent;
  let held: Held;
  let place: Place | undefined;
  let reached = () => {};
  const stopping = (inner: AnyProvider): AnyProvider => ({
    ...inner,
    execute: async (request: ExecuteRequest) => {
      const at = place;
      const stop = () => {
        reached();
        return NEVER;
      };
      const committing: ExecuteRequest['committing'] = async (about) => {
        if (at === 'before its record') await stop();
        await request.committing(about);
        if (at === 'before COMMIT') await stop();
      };
      const done = await inner.execute?.call(inner, { ...request, committing });
      if (at === 'after COMMIT') await stop();
      if (!done) throw new Error('not executed');
      return done;
    },
  });
  beforeAll(async () => {
    stage = await openStage({
      overrides: {
        providers: (all) =>
          new Map([...all].map(([kind, one]) => [kind, kind === 'postgres' ? stopping(one) : one])),
      },
    });
    agent = await stage.broker.agent();
    held = await stage.holdAll(agent);
  });
  afterAll(() => stage.broker.stop());

  const total = async (id: number) => {
    const sql = 'select total::text from orders where id = $1';
    return (await stage.shop.asSuperuser<{ total: string }>(sql, [id]))[0]?.total;
  };
  const read = (id: string, wait = 0) =>
    held.client.call('getOperation', { params: { id }, query: { wait } });
  async function approved(sql: string) {
    const operation = await held.client.call('submitOperation', { body: { scope: CORRECT, sql } });
    await stage.approve(operation.approval_id ?? '');
    return operation.id;
  }

  it.each([
    ['before its record', 11, 'failed', '1'],
    ['before COMMIT', 12, 'failed', '1'],
    ['after COMMIT', 13, 'succeeded', '5'],
  ] as const)('%s: what became of it is found out', async (where, row, state, after) => {
    const id = await approved(`update orders set total = 5 where id = ${row} returning total`);
    place = where;
    const stopped = new Promise<void>((done) => {
      reached = done;
    });
    expect((await read(id)).state).toBe('executing');
    await stopped;
    place = undefined;
    // Its time is over: the job of any broker looks after it.
    await stage.broker.store.asSuperuser(
      'update countersign.operations set deadline_at = now() where id = $1',
      [id],
    );
    expect((await read(id, 30)).state).toBe(state);
    expect(await total(row)).toBe(after);
    const result = held.client.call('getOperationResult', { params: { id } });
    if (state === 'succeeded') expect((await result).results[0]?.rows).toEqual([['5']]);
    else await expect(result).rejects.toMatchObject({ code: 'not_found' });
    // It is over: it is not begun once more.
    expect((await read(id)).state).toBe(state);
  });

  it('ends with its agent, in the middle of a statement', async () => {
    const blocker = await logIn(stage.shop.adminUrl);
    await blocker.query('begin; update orders set total = 1 where id = 14');
    const id = await approved('update orders set total = 5 where id = 14');
    expect((await read(id)).state).toBe('executing');
    const running = `select 1 from pg_stat_activity where usename like 'cs\\_%' and wait_event_type = 'Lock'`;
    while ((await stage.shop.asSuperuser(running)).length === 0) await sleep(20);
    const admin = await stage.broker.operator();
    await admin.call('revoke', { body: { agent: agent.id, reason: 'stop' } });
    const state = async () =>
      (await admin.call('getOperation', { params: { id }, query: { wait: 10 } })).state;
    expect(await state()).toBe('failed');
    await blocker.query('rollback');
    await blocker.end();
    expect(await total(14)).toBe('1');
    await expect(stage.holdAll(agent)).rejects.toMatchObject({
      code: expect.stringMatching(/suspended|stopped/),
    });
  });
});
