import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/sdk/client.ts';
import type { ListId } from '../../src/sdk/call-types.ts';
import { PATIENT, partyOf, resourceServer, tokenFor } from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

let broker: TestBroker;
let admin: Client;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  await broker.apply({ ...SHOP_BUNDLE, 'groups.yaml': 'groups: { dba: { members: [] } }\n' });
  admin = await broker.operator();
  for (const name of ['a/one', 'b/two', 'c/three']) {
    await admin.call('setSecret', { params: { name }, body: { value: 'x' } });
  }
  for (let n = 0; n < 4; n += 1) {
    const agent = partyOf(await broker.agent());
    await tokenFor(broker, agent, 'shop-staging:read');
    await resourceServer(broker, `https://rs${n}.example.com`);
    if (n < 3)
      await admin.call('suspendAgent', { params: { id: agent.id }, body: { reason: 'x' } });
  }
});
afterAll(() => broker.stop());

const LISTS: ListId[] = [
  'listAgents',
  'listResourceServers',
  'listTasks',
  'listGrants',
  'listTokens',
  'listScopes',
  'listResources',
  'listStops',
  'listBundles',
  'listSecrets',
];

async function page(id: ListId, query: Record<string, unknown>) {
  const call = admin.call as (id: ListId, options: object) => Promise<unknown>;
  return (await call(id, { query })) as { items: unknown[]; next_cursor: string | null };
}

describe('every list in pages', () => {
  it.each(LISTS)('%s: pages of any size give the whole list once, in one order', async (id) => {
    const whole = await page(id, { limit: 200 });
    expect(whole.items.length).toBeGreaterThan(1);
    expect(whole.next_cursor).toBeNull();
    expect((await page(id, { limit: whole.items.length })).next_cursor).toBeNull();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: whole.items.length + 1 }), async (limit) => {
        const seen: unknown[] = [];
        let cursor: string | null = null;
        do {
          const part = await page(id, { limit, ...(cursor === null ? {} : { cursor }) });
          expect(part.items.length).toBeLessThanOrEqual(limit);
          seen.push(...part.items);
          cursor = part.next_cursor;
        } while (cursor !== null);
        expect(seen).toEqual(whole.items);
      }),
      { numRuns: 3, examples: [[1], [whole.items.length]] },
    );
  });
  it('listAudit: newest first, without gaps over the pages, while entries are added', async () => {
    const seen: number[] = [];
    for await (const entry of admin.pages('listAudit', { query: { limit: 7 } })) {
      if (seen.length === 10) await broker.operator();
      seen.push(entry.seq);
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => (seen[0] ?? 0) - n));
    expect(seen.at(-1)).toBe(1);
  });
});

describe('filters', () => {
  it('narrow each list by what they name', async () => {
    const agents = (await admin.call('listAgents', {})).items;
    for (const { id } of agents) {
      for (const list of ['listTasks', 'listGrants', 'listTokens'] as const) {
        const { items } = await admin.call(list, { query: { agent: id } });
        expect(items).toHaveLength(1);
        expect(items[0]?.agent_id).toBe(id);
      }
    }
    const [task] = (await admin.call('listTasks', {})).items;
    const query = { task: task?.id ?? '' };
    expect((await admin.call('listTasks', { query })).items.map(({ id }) => id)).toEqual([
      task?.id,
    ]);
    expect((await admin.call('listGrants', { query })).items).toHaveLength(1);
    expect((await admin.call('listTokens', { query })).items).toHaveLength(1);
    expect((await admin.call('listTokens', { query: { task: 'none' } })).items).toEqual([]);
  });
  it('`live` leaves out what has ended', async () => {
    for (const list of ['listTasks', 'listGrants', 'listTokens'] as const) {
      expect((await admin.call(list, { query: { live: 'true' } })).items).toHaveLength(1);
      expect((await admin.call(list, { query: { live: 'false' } })).items).toHaveLength(4);
    }
  });
  it('an agent sees its own only, whatever it asks for', async () => {
    const [one, two] = [partyOf(await broker.agent()), partyOf(await broker.agent())];
    const tokens = [
      await tokenFor(broker, one, 'shop-staging:read'),
      await tokenFor(broker, two, 'shop-staging:read'),
    ];
    const { createClient } = await import('../../src/sdk/client.ts');
    const client = createClient({ url: broker.url, token: tokens[0] ?? '' });
    for (const query of [{}, { agent: two.id }]) {
      const { items } = await client.call('listTasks', { query });
      expect(items.map(({ agent_id }) => agent_id)).toEqual([one.id]);
    }
  });
});
