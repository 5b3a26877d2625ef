import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { availableMajors } from '../support/postgres.ts';
import { newLease, Shop } from './shop.ts';

interface Node {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Node[];
}

/** Rows of a relation that a plan looked at, those it threw away as well. */
function looked(node: Node, relation: string): number {
  const below = (node.Plans ?? []).reduce((sum, one) => sum + looked(one, relation), 0);
  if (node['Relation Name'] !== relation) return below;
  return below + node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
}

describe.each([14, 18] as const)('the names that are ours on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('in pages', () => {
    let shop: Shop;
    const roles = new Set<string>();
    const databases = new Set<string>();
    beforeAll(async () => {
      shop = await Shop.open(major);
    });
    afterEach(async () => {
      vi.restoreAllMocks();
      for (const name of databases) await shop.owner.query(`DROP DATABASE ${name}`);
      await dropRoles([...roles]);
      for (const made of [roles, databases]) made.clear();
    });
    afterAll(() => shop.close());

    const each = (statement: string, names: readonly string[]) =>
      shop.owner.query(
        `DO $$ DECLARE r text; BEGIN
           FOREACH r IN ARRAY '{${names.join(',')}}'::text[] LOOP EXECUTE format('${statement}', r);
         END LOOP; END $$`,
      );
    async function makeRoles(names: readonly string[]): Promise<void> {
      await each('CREATE ROLE %I', names);
      for (const name of names) roles.add(name);
    }
    async function dropRoles(names: readonly string[]): Promise<void> {
      await each('DROP ROLE %I', names);
      for (const name of names) roles.delete(name);
    }
    async function makeDatabase(name: string): Promise<void> {
      await shop.owner.query(`CREATE DATABASE ${name}`);
      databases.add(name);
    }
    const names = (count: number) =>
      Array.from({ length: count }, () => newLease(shop.installation).outsideName).sort();
    const of = (kind: string, name: string) => name.replace(/_(?=\w{26}$)/, `_${kind}_`);
    const page = (limit: number, after?: string) =>
      shop.provider.listOwned(shop.reach(), { limit, ...(after && { after }) });

    it('are those of roles, sandboxes and readers, each once, however long a page is', async () => {
      const ours = names(9);
      const pick = (...places: number[]) => ours.filter((_, n) => places.includes(n));
      const [first = ''] = ours;
      await makeRoles(pick(0, 1, 4, 6, 8));
      // What is left of 3 and 7 is a login by which we looked into their sandboxes; 2 and 5 have sandboxes alone.
      await makeRoles(pick(1, 3, 7).map((name) => of('r', name)));
      for (const name of pick(1, 2, 5)) await makeDatabase(name);
      // Ours, and of no lease; and somebody else's that come close.
      await makeRoles([
        `cs_${shop.installation}_g_0123456789abcdef`,
        `cs_${shop.installation}_o_0123456789abcdef`,
        `cs_${shop.installation}_backup`,
        `cs_${shop.installation}_r_backup`,
        `${first}_x`,
        first.slice(0, -1),
      ]);
      await makeDatabase(of('t', first));
      for (const limit of [1, 2, 3, 4, 8, 9, 10, 1_000])
        expect(await shop.owned(limit)).toEqual(ours);
    });

    it('that are there from the first page to the last come once, whoever comes and goes', async () => {
      const ours = names(12);
      const pick = (...places: number[]) => ours.filter((_, n) => places.includes(n));
      const but = (...places: number[]) => ours.filter((_, n) => !places.includes(n));
      await makeRoles(but(1, 10));
      await makeRoles(pick(5).map((name) => of('r', name)));
      const listed: string[] = [];
      for (let at = 0, after: string | undefined; ; at += 1) {
        const { names: some, next } = await page(3, after);
        listed.push(...some);
        if (next === undefined) break;
        after = next;
        if (at > 0) continue;
        // Some come and some go, behind the place where we are and ahead of it; 3 is where we are.
        await makeRoles(pick(1, 10));
        await dropRoles(pick(0, 3, 8));
      }
      expect(listed).toEqual(but(1, 8));
    });

    it('cost a page what a page has, not what is left at the server', async () => {
      const ours = names(3_000);
      await makeRoles(ours);
      const query = vi.spyOn(pg.Client.prototype, 'query');
      await page(10);
      await page(10, ours[1_000]);
      const asked = query.mock.calls
        .map(([text, values]) => ({ text, values: values as unknown as unknown[] }))
        .filter(({ text }) => text.includes('datname'));
      expect(asked).toHaveLength(2);
      for (const { text, values } of asked) {
        const { rows } = await shop.owner.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
          values,
        );
        const plan = rows[0]?.['QUERY PLAN'][0].Plan as Node;
        expect(looked(plan, 'pg_authid')).toBeGreaterThanOrEqual(10);
        expect(looked(plan, 'pg_authid')).toBeLessThan(50);
      }
    });
  });
});
