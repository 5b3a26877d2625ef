import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/sdk/client.ts';
import type { TestAgent } from '../support/broker.ts';
import type { Held } from '../broker/ground.ts';
import { CLEAR, CORRECT, openStage, READ, type Stage } from './stage.ts';

describe('operations', () => {
  let stage: Stage;
  let agent: TestAgent;
  let held: Held;
  beforeAll(async () => {
    stage = await openStage();
    agent = await stage.broker.agent();
    held = await stage.holdAll(agent);
  });
  afterAll(() => stage.broker.stop());

  const submit = (
    sql: string,
    params: (string | number | null)[] = [],
    scope = CORRECT,
    of = held,
  ) => of.client.call('submitOperation', { body: { scope, sql, params } });
  const read = (id: string, wait = 0, of = held) =>
    of.client.call('getOperation', { params: { id }, query: { wait } });
  const result = (id: string, of = held) =>
    of.client.call('getOperationResult', { params: { id } });
  const total = async (id: number) =>
    Number(
      (
        await stage.shop.asSuperuser<{ n: string }>('select total as n from orders where id = $1', [
          id,
        ])
      )[0]?.n,
    );
  async function approved(sql: string, params: (string | number | null)[] = [], scope = CORRECT) {
    const operation = await submit(sql, params, scope);
    await stage.approve(operation.approval_id ?? '');
    return operation;
  }

  it('a read is run at once, and its result is given out once', async () => {
    const whole = await agent.session
      .operations(held.token)
      .run({ scope: READ, sql: 'select $1::int + 1 as n', params: [1] });
    expect([whole.operation.state, whole.result?.results[0]?.rows]).toEqual(['succeeded', [['2']]]);
    const { id, state, approval_id } = await submit(
      'select id, total from orders where id = $1',
      [7],
      READ,
    );
    expect([['pending', 'executing', 'succeeded'].includes(state), approval_id]).toEqual([
      true,
      undefined,
    ]);
    expect(await read(id, 30)).toMatchObject({ state: 'succeeded', effect: 'read', rows: {} });
    expect(await result(id)).toEqual({
      results: [
        {
          columns: [
            { name: 'id', type: 'integer' },
            { name: 'total', type: 'numeric' },
          ],
          rows: [['7', '1']],
          row_count: 1,
        },
      ],
    });
    await expect(result(id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('a change waits for its approval, with what it would reach on the card, and is run once', async () => {
    const operation = await submit(
      'update orders set total = $2 where id = $1 returning total',
      [1, 5],
    );
    expect(operation).toMatchObject({
      state: 'pending',
      effect: 'write',
      tables: ['orders'],
      blast_radius: { rows: 1, bounds: { 'public.orders': [0, 1] } },
    });
    const id = operation.approval_id ?? '';
    const approval = await held.client.call('getApproval', { params: { id } });
    expect(approval).toMatchObject({
      kind: 'operation',
      operation_digest: operation.digest,
      operation: {
        resource: 'shop',
        scope: CORRECT,
        statements: [
          { sql: 'update orders set total = $2 where id = $1 returning total', params: [1, 5] },
        ],
      },
      card: {
        effect: 'write',
        reversibility: 'irreversible',
        plan: [expect.any(String), '$1 = 1', '$2 = 5'],
      },
      words: { purpose: 'look at orders' },
    });
    expect((await read(operation.id)).state).toBe('pending');
    expect(await total(1)).toBe(1);
    await stage.approve(id);
    const done = await read(operation.id, 30);
    expect(done).toMatchObject({ state: 'succeeded', rows: { 'public.orders': 1 } });
    expect(await total(1)).toBe(5);
    expect((await result(operation.id)).results[0]?.rows).toEqual([['5']]);
    expect((await held.client.call('getApproval', { params: { id } })).state).toBe('used');
  });

  it('is run once by fifty that wait, at two brokers', async () => {
    const twin = await stage.broker.twin();
    const operation = await submit('update orders set total = total + 1 where id = $1', [2]);
    const other = createClient({ url: twin.url, token: held.token });
    const waiting = Array.from({ length: 50 }, (_, n) =>
      (n % 2 === 0 ? held.client : other).call('getOperation', {
        params: { id: operation.id },
        query: { wait: 30 },
      }),
    );
    await stage.approve(operation.approval_id ?? '');
    const states = (await Promise.all(waiting)).map(({ state }) => state);
    expect(new Set(states)).toEqual(new Set(['succeeded']));
    expect(await total(2)).toBe(2);
    await twin.stop();
  });

  it('what was edited after it was approved is another operation', async () => {
    const first = await approved('update orders set total = 9 where id = 3');
    const edited = await submit('update orders set total = 9 where id = 4');
    expect(edited.approval_id).not.toBe(first.approval_id);
    expect(edited.digest).not.toBe(first.digest);
    expect((await read(edited.id)).state).toBe('pending');
    const values = await submit('update orders set total = $1 where id = 3', [9]);
    expect(values.digest).not.toBe(first.digest);
    expect(await total(4)).toBe(1);
  });

  it('the same once more while it waits is that one', async () => {
    const sql = 'update orders set total = 3 where id = 5';
    const [first, again] = [await submit(sql), await submit(sql)];
    expect(again.id).toBe(first.id);
    await stage.approve(first.approval_id ?? '');
    expect((await read(first.id, 30)).state).toBe('succeeded');
    expect((await submit(sql)).id).not.toBe(first.id);
  });

  it('an Idempotency-Key finds its operation again', async () => {
    const body = { scope: READ, sql: 'select 1' };
    const first = await held.client.call('submitOperation', { body, idempotencyKey: 'once' });
    const again = await held.client.call('submitOperation', { body, idempotencyKey: 'once' });
    expect(again.id).toBe(first.id);
    const other = { ...body, sql: 'select 2' };
    await expect(
      held.client.call('submitOperation', { body: other, idempotencyKey: 'once' }),
    ).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  it.each([
    ['delete from orders', /without WHERE/],
    ['update orders set total = nextval($1) where id = 1', /nextval/],
    ['delete from orders where id in (select id from orders)', /not known/],
  ])('counts as destroy, which this scope does not cover: %s', async (sql, why) => {
    const params = sql.includes('$1') ? ['x'] : [];
    await expect(submit(sql, params)).rejects.toMatchObject({
      code: 'access_denied',
      message: expect.stringMatching(why),
      hint: { alternatives: [CLEAR] },
    });
  });

  it.each([
    'select 1; select 2',
    'commit',
    'truncate orders',
    'copy orders to stdout',
    'do $$ begin end $$',
    'set role x',
  ])('is never run, whatever the scope covers: %s', async (sql) => {
    await expect(submit(sql, [], CLEAR)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('what cannot be counted runs under a scope that covers it, and is approved as unknown', async () => {
    const operation = await approved(
      'update orders set total = (select 8) where id = 6',
      [],
      CLEAR,
    );
    expect(operation.blast_radius).toMatchObject({ rows: null, why: expect.any(String) });
    expect(await read(operation.id, 30)).toMatchObject({
      state: 'succeeded',
      rows: { 'public.orders': 1 },
    });
    expect(await total(6)).toBe(8);
  });

  it('is rolled back when more rows are met than were agreed to', async () => {
    const operation = await approved('delete from orders where customer = 77777');
    expect(operation.blast_radius.rows).toBe(0);
    await stage.shop.asSuperuser('insert into orders (customer) values (77777)');
    expect(await read(operation.id, 30)).toMatchObject({
      state: 'rolled_back',
      reason: expect.stringMatching(/1 row\(s\) of public.orders/),
    });
    await expect(result(operation.id)).rejects.toMatchObject({ code: 'not_found' });
    const left = await stage.shop.asSuperuser('select 1 from orders where customer = 77777');
    expect(left).toHaveLength(1);
  });

  it('ends as its approval did', async () => {
    const operation = await submit('update orders set total = 4 where id = 8');
    const waiting = read(operation.id, 30);
    const params = { id: operation.approval_id ?? '' };
    await held.client.call('withdrawApproval', { params, body: {} });
    expect((await waiting).state).toBe('withdrawn');
  });

  it('belongs to its agent, and is begun by the token of its task alone', async () => {
    const operation = await approved('update orders set total = 6 where id = 10');
    const other = await stage.holdAll(await stage.broker.agent());
    await expect(read(operation.id, 0, other)).rejects.toMatchObject({ code: 'not_found' });
    const elsewhere = await stage.holdAll(agent);
    expect((await read(operation.id, 0, elsewhere)).state).toBe('pending');
    expect(await total(10)).toBe(1);
    expect((await read(operation.id, 30)).state).toBe('succeeded');
    await expect(result(operation.id, other)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('is decided again, and asked again when the rules ask for more', async () => {
    const operation = await approved('update orders set total = 4 where id = 9');
    await stage.tighten();
    expect((await read(operation.id, 10)).state).toBe('superseded');
    expect(await total(9)).toBe(1);
  });

  it('leaves no role behind, and each was on record before it was made', async () => {
    const admin = await stage.broker.operator();
    const live = async () =>
      (await admin.call('listLeases', { query: { limit: 200, live: 'true' } })).items;
    while ((await live()).length > 0) await sleep(50);
    expect(await stage.roles()).toEqual([]);
  });
});
