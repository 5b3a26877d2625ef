import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { createNewId } from '../../src/platform/random.ts';
import type { MintItem } from '../../src/ports/ledger.ts';
import { createAgentStore } from '../../src/store/agents.ts';
import { createAuditLog } from '../../src/store/audit-log.ts';
import { createEndingStore } from '../../src/store/endings.ts';
import { createTokenStore } from '../../src/store/grants.ts';
import { createLedger } from '../../src/store/ledger.ts';
import { createPool, type Pool } from '../../src/store/pool.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

const newId = createNewId(Date.now);
const HOUR = 3_600_000;
const entry = (subject: string) => ({
  actor: 'broker',
  action: 'token.minted' as const,
  subject,
  detail: {},
});

describe('the ledger', () => {
  let store: TestStore;
  let pools: Pool[];
  let ledgers: ReturnType<typeof createLedger>[];

  beforeAll(async () => {
    store = await createTestStore();
    pools = [1, 2].map(() => createPool({ url: new Secret(store.runtimeUrl), poolSize: 5 }));
    ledgers = pools.map(createLedger);
  });
  afterAll(() => Promise.all(pools.map((pool) => pool.end())));

  const first = () => ledgers[0] as ReturnType<typeof createLedger>;

  async function agent(): Promise<string> {
    const id = newId('agent');
    await createAgentStore(pools[0] as Pool).insert(
      { id, name: id, owner: 'dana@example.com', teams: [], jwks: { keys: [] }, managedBy: 'api' },
      { ...entry(id), action: 'agent.created' },
    );
    return id;
  }

  function end(kind: 'agent' | 'resource' | 'task', id: string) {
    return createEndingStore(pools[1] as Pool).begin({
      target: { kind, id },
      reason: 'test',
      actor: 'broker',
      taskState: 'closed',
      ...(kind === 'task' ? {} : { stopId: newId('stop') }),
      entries: [],
    });
  }

  function mint(agentId: string, over: Partial<MintItem> & { resource?: string } = {}): MintItem {
    const { resource = 'shop', ...rest } = over;
    const [taskId, grantId, jti, now] = [newId('task'), newId('grant'), newId('token'), Date.now()];
    const times = { createdAt: now, expiresAt: now + HOUR };
    return {
      assertion: { clientId: agentId, jti: newId('request'), expiresAt: now + HOUR },
      agentId,
      agentVersion: 1,
      bundleVersion: undefined,
      task: {
        open: { id: taskId, agentId, purpose: 'test', openedBy: 'agent', ...times },
      },
      grant: {
        id: grantId,
        taskId,
        agentId,
        scopes: [`${resource}:read`],
        resources: [resource],
        audience: 'https://broker.example.com',
        bundleVersion: 1,
        rules: ['r'],
        leases: 1,
        ...times,
      },
      token: {
        jti,
        grantId,
        taskId,
        agentId,
        scope: `${resource}:read`,
        audience: 'https://broker.example.com',
        issuedAt: now,
        expiresAt: now + HOUR,
      },
      entry: entry(jti),
      refusal: (reason) => ({ ...entry(jti), action: 'token.denied', detail: { reason } }),
      ...rest,
    };
  }

  async function rowsOf(items: readonly MintItem[]) {
    const [row] = await store.asSuperuser<Record<string, number>>(
      `select (select count(*)::int from countersign.tokens where jti = any ($1)) as tokens,
         (select count(*)::int from countersign.grants where id = any ($2)) as grants,
         (select count(*)::int from countersign.audit_entries
          where subject = any ($1) and action = 'token.minted') as minted,
         (select count(*)::int from countersign.audit_entries
          where subject = any ($1) and action = 'token.denied') as denied`,
      [items.map((item) => item.token?.jti), items.map((item) => item.grant?.id)],
    );
    return row;
  }

  it('judges each item of a batch by itself', async () => {
    const [good, suspended, other] = [await agent(), await agent(), await agent()];
    await end('agent', suspended);
    await end('resource', 'stopped-shop');
    const closed = mint(good);
    const foreign = mint(other);
    expect(await first().mint(closed)).toEqual({ kind: 'committed' });
    expect(await first().mint(foreign)).toEqual({ kind: 'committed' });
    await end('task', closed.grant?.taskId ?? '');
    const twice = mint(good);
    const { assertion } = twice;
    const items: [string, MintItem][] = [
      ['committed', mint(good)],
      ['committed', twice],
      ['replayed', mint(good, assertion && { assertion })],
      ['suspended', mint(suspended)],
      ['suspended', mint(newId('agent'))],
      ['changed', mint(good, { agentVersion: 7 })],
      ['changed', mint(good, { bundleVersion: 7 })],
      ['stopped', mint(other, { resource: 'stopped-shop' })],
      ['task_ended', mint(good, { task: { continue: closed.grant?.taskId ?? '' } })],
      ['task_ended', mint(good, { task: { continue: foreign.grant?.taskId ?? '' } })],
      ['task_ended', mint(good, { task: { continue: newId('task') } })],
      ['committed', mint(other)],
    ];
    const outcomes = await Promise.all(items.map(([, item]) => first().mint(item)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(items.map(([kind]) => kind));
    const of = (...kinds: string[]) =>
      rowsOf(items.flatMap(([kind, item]) => (kinds.includes(kind) ? [item] : [])));
    expect(await of('committed')).toEqual({ tokens: 3, grants: 3, minted: 3, denied: 0 });
    expect(await of('replayed', 'changed')).toEqual({ tokens: 0, grants: 0, minted: 0, denied: 0 });
    expect(await of('suspended', 'stopped', 'task_ended')).toEqual({
      tokens: 0,
      grants: 0,
      minted: 0,
      denied: 6,
    });
  });

  it('lets an item that the database refuses fail alone', async () => {
    const [good, bad] = [await agent(), await agent()];
    // NUL has no place in a text of PostgreSQL: the doors keep it out, and if one forgets to, the
    // neighbours are none the worse for it.
    const poisoned = mint(bad);
    const token = poisoned.token && { ...poisoned.token, scope: 'nul\0' };
    const items = [mint(good), { ...poisoned, ...(token ? { token } : {}) }, mint(good), mint(bad)];
    const outcomes = await Promise.allSettled(items.map((item) => first().mint(item)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(await rowsOf(items)).toEqual({ tokens: 3, grants: 3, minted: 3, denied: 0 });
    const uses = items.flatMap((item) => (item.assertion ? [item.assertion] : []));
    const again = await Promise.all(uses.map((use) => first().useAssertion(use)));
    expect(again).toEqual([false, true, false, false]);
  });

  it('takes each assertion once, whichever broker and road it comes by, in any order', async () => {
    const ids = await Promise.all([agent(), agent(), agent()]);
    const items = Array.from({ length: 60 }, (_, n) => mint(ids[n % 3] ?? ''));
    // The same assertions at both brokers at once, in opposite orders, as mints and as introspections.
    const [here, there] = ledgers;
    const tries = await Promise.all([
      ...items.map(async (item) => ((await here?.mint(item))?.kind === 'committed' ? 1 : 0)),
      ...[...items].reverse().map(async ({ assertion }) => {
        if (!assertion) return 0;
        return (await there?.introspect(assertion, undefined))?.fresh ? 1 : 0;
      }),
    ]);
    for (let n = 0; n < 60; n += 1) expect((tries[n] ?? 0) + (tries[119 - n] ?? 0)).toBe(1);
  });

  it('shows a token dead as soon as anything above it is, and an unknown one not at all', async () => {
    const tokens = createTokenStore(pools[0] as Pool);
    const id = await agent();
    const item = mint(id);
    await first().mint(item);
    const jti = item.token?.jti ?? '';
    expect((await tokens.status(jti))?.live).toBe(true);
    await end('task', item.grant?.taskId ?? '');
    expect((await tokens.status(jti))?.live).toBe(false);
    expect(await tokens.status('tok_unknown')).toBeUndefined();
  });

  it('appends nothing for a batch of replays', async () => {
    const item = mint(await agent());
    await first().mint(item);
    const log = createAuditLog(pools[0] as Pool);
    const before = await log.head();
    const again = await Promise.all([1, 2, 3].map(() => first().mint(item)));
    expect(again.map(({ kind }) => kind)).toEqual(['replayed', 'replayed', 'replayed']);
    expect(await log.head()).toEqual(before);
  });
});
