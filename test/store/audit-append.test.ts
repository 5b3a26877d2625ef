import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/audit/canonical.ts';
import { link } from '../../src/audit/chain.ts';
import type { AuditDraft, AuditHead } from '../../src/audit/entry.ts';
import { createVerifier } from '../../src/audit/verify.ts';
import { Secret } from '../../src/domain/secret.ts';
import { appendAudit } from '../../src/store/audit-append.ts';
import { createAuditLog } from '../../src/store/audit-log.ts';
import { createEndingStore } from '../../src/store/endings.ts';
import { createPool, type Pool, transaction } from '../../src/store/pool.ts';
import { availableMajors } from '../support/postgres.ts';
import { createTestStore, type TestStore } from '../support/store.ts';

const draft = (subject: string): AuditDraft => ({
  actor: 'broker',
  action: 'resource.probed',
  subject,
  detail: { text: 'one\ntwo \u2028 "three"', number: 0.1, nested: { list: [1, null, true] } },
});

describe.each([14, 18] as const)('appending to the audit on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let store: TestStore;
    let pools: Pool[];
    beforeAll(async () => {
      store = await createTestStore(major);
      pools = [1, 2].map(() => createPool({ url: new Secret(store.runtimeUrl), poolSize: 5 }));
    });
    afterAll(() => Promise.all(pools.map((pool) => pool.end())));

    async function verdict() {
      const log = createAuditLog(pools[0] as Pool);
      const head = await log.head();
      const verifier = createVerifier({ head });
      for await (const page of log.read(1, head.seq)) page.forEach((entry) => verifier.push(entry));
      return verifier.finish();
    }

    it('makes one chain without gaps from two brokers’ worth of writers, rollbacks among them', async () => {
      const logs = pools.map(createAuditLog);
      const before = await logs[0]?.head();
      const work = Array.from({ length: 160 }, async (_, n) => {
        const pool = pools[n % 2] as Pool;
        if (n % 8 === 7) {
          await transaction(pool, async (tx) => {
            await appendAudit(tx, [draft(`lost:${n}`)]);
            throw new Error('changed its mind');
          }).catch(() => undefined);
        } else {
          await logs[n % 2]?.append(Array.from({ length: 1 + (n % 3) }, () => draft(`kept:${n}`)));
        }
      });
      await Promise.all(work);
      const { ok, entries, firstBad } = await verdict();
      expect(firstBad).toBeUndefined();
      expect(ok).toBe(true);
      const kept = work.reduce((sum, _, n) => sum + (n % 8 === 7 ? 0 : 1 + (n % 3)), 0);
      expect(entries - (before?.seq ?? 0)).toBe(kept);
      const [lost] = await store.asSuperuser<{ n: number }>(
        "select count(*)::int as n from countersign.audit_entries where subject like 'lost:%'",
      );
      expect(lost?.n).toBe(0);
    });

    it('links whatever text comes exactly as the definition in the audit does', async () => {
      const log = createAuditLog(pools[0] as Pool);
      const text = fc.string({ unit: 'binary', maxLength: 40 });
      const odd = fc.constantFrom(
        '\0',
        '\u007f',
        '\u2028',
        '\ud800',
        '\\"/\b\f\n\r\t\u001f',
        '{"a":1}',
      );
      const any = fc.oneof(text, odd);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(any, any, any), { maxLength: 6 }), async (list) => {
          const drafts = list.map(
            ([actor, subject, word]): AuditDraft => ({
              actor,
              action: 'resource.probed',
              subject,
              detail: { word, list: [word, 1e21, -0] },
            }),
          );
          const before = await log.head();
          const after = await log.append(drafts);
          let head: AuditHead = before;
          for await (const page of log.read(before.seq + 1, after.seq)) {
            for (const entry of page) {
              const draft = drafts[entry.seq - before.seq - 1] as AuditDraft;
              const expected = link(head, draft, Date.parse(entry.time));
              expect(entry).toEqual({
                ...expected,
                detail: JSON.parse(canonicalJson(expected.detail)),
              });
              head = entry;
            }
          }
          expect({ seq: after.seq, hash: after.hash }).toEqual({ seq: head.seq, hash: head.hash });
        }),
        { numRuns: 60 },
      );
      expect((await verdict()).ok).toBe(true);
    });

    it('does not hold a narrowing up when the head is stuck: the entries come back', async () => {
      const stuck = new pg.Client({ connectionString: store.ownerUrl });
      await stuck.connect();
      await stuck.query('begin; select from countersign.audit_head for update');
      const endings = createEndingStore(pools[0] as Pool);
      const entries = [draft('all')];
      const begun = await endings.begin({
        target: { kind: 'all' },
        reason: 'stop everything',
        actor: 'opr_host',
        taskState: 'closed',
        stopId: 'stp_1',
        entries,
      });
      expect(begun).toEqual({ found: true, unrecorded: entries });
      await stuck.query('rollback');
      await stuck.end();
      expect(
        await store.asSuperuser('select id from countersign.stops where lifted_at is null'),
      ).toEqual([{ id: 'stp_1' }]);
      expect((await verdict()).ok).toBe(true);
    });
  });
});
