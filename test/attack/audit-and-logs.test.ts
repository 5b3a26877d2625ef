import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashOf, link } from '../../src/audit/chain.ts';
import { type AuditEntry, type AuditHead, parseHead } from '../../src/audit/entry.ts';
import { createTextVerifier } from '../../src/audit/verify.ts';
import type { StoreStanding } from '../../src/domain/witness.ts';
import type { Overrides } from '../../src/main/compose.ts';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { createShop } from '../support/shop.ts';
import { runProgram } from './served.ts';

function verdictOf(lines: readonly string[], head?: AuditHead) {
  const verifier = createTextVerifier(head ? { head } : {});
  for (const line of lines) verifier.push(line);
  return verifier.finish();
}

/** The lines of a real export, and the head that came with it. */
async function exported(admin: Client): Promise<{ lines: string[]; head: AuditHead }> {
  const answer = await admin.stream('exportAudit');
  const body = await text(answer.body as AsyncIterable<Uint8Array<ArrayBuffer>>);
  const head = parseHead(answer.headers.get('countersign-audit-head') ?? '');
  if (!head) throw new Error('no head');
  return { lines: body.split('\n').slice(0, -1), head };
}

/** What somebody who can write the store, but not the past, would do: new hashes from there on. */
function rehashed(lines: readonly string[], from: number, change: (entry: AuditEntry) => void) {
  const entries = lines.map((line) => JSON.parse(line) as AuditEntry);
  let prev = entries[from - 2]?.hash ?? '0'.repeat(64);
  for (const [index, entry] of entries.entries()) {
    if (index + 1 < from) continue;
    const mutable = entry as { -readonly [K in keyof AuditEntry]: AuditEntry[K] };
    if (index + 1 === from) change(mutable);
    mutable.prev = prev;
    mutable.hash = hashOf(entry);
    prev = mutable.hash;
  }
  return entries.map((entry) => JSON.stringify(entry));
}

/**
 * The broker looks every second whether its store was set back; where it was, it stops everything and
 * forgets operator tokens. Here whoever reads the export has to notice, so its store always looks the same.
 */
function unsuspecting(): Overrides {
  let first: StoreStanding | undefined;
  return {
    ports: (ports) => ({
      ...ports,
      restores: {
        ...ports.restores,
        standing: async () => {
          first ??= await ports.restores.standing(0);
          return { ...first, hashAtWitness: first.hash };
        },
      },
    }),
  };
}

describe('the audit of a working broker', () => {
  let broker: TestBroker;
  let admin: Client;
  let agent: TestAgent;
  let lines: string[];
  let head: AuditHead;
  let earlier: AuditHead;

  beforeAll(async () => {
    const [started, shop] = await Promise.all([
      startBroker({ overrides: unsuspecting() }),
      createShop(),
    ]);
    broker = started;
    await broker.apply(SHOP_BUNDLE);
    admin = await broker.operator();
    const params = { name: 'shop-staging/admin-url' };
    await admin.call('setSecret', { params, body: { value: shop.adminUrl } });
    agent = await broker.agent();
    earlier = (await exported(admin)).head;
    const minted = await agent.session.mintToken({
      scopes: ['shop-staging:read'],
      task: { purpose: 'count orders', ticket: 'OPS-12' },
    });
    const client = agent.session.client(minted.access_token);
    await client.call('issueLease', { body: { scope: 'shop-staging:read' } });
    await client.call('closeTask', { params: { id: minted.task_id ?? '' }, body: {} });
    ({ lines, head } = await exported(admin));
  });
  afterAll(() => broker.stop());

  it('verifies offline, anchored by the head of this export and of every earlier one', () => {
    expect(lines.length).toBeGreaterThan(12);
    expect(verdictOf(lines, head)).toEqual({ ok: true, entries: head.seq, head, anchored: true });
    expect(verdictOf(lines, earlier)).toMatchObject({ ok: true, anchored: true });
    expect(verdictOf(lines)).toMatchObject({ ok: true, anchored: false });
  });

  it('names the first record that was edited, deleted, swapped, repeated or invented', () => {
    for (let at = 0; at < lines.length; at += 1) {
      const bad = (changed: readonly string[]) => verdictOf(changed, head).firstBad?.seq;
      const entry = JSON.parse(lines[at] ?? '') as AuditEntry;
      const replaced = (changes: object) =>
        lines.with(at, JSON.stringify({ ...entry, ...changes }));
      expect(bad(replaced({ actor: 'agt_somebody_else' }))).toBe(at + 1);
      expect(bad(replaced({ time: '2020-01-01T00:00:00.000Z' }))).toBe(at + 1);
      expect(bad(replaced({ detail: { ...entry.detail, extra: 1 } }))).toBe(at + 1);
      expect(bad(replaced({ hash: 'f'.repeat(64) }))).toBe(at + 1);
      expect(bad(lines.toSpliced(at, 1))).toBe(at + 1);
      expect(bad(lines.toSpliced(at, 0, lines[at] ?? ''))).toBe(at + 2);
      if (at + 1 < lines.length) {
        expect(bad(lines.toSpliced(at, 2, lines[at + 1] ?? '', lines[at] ?? ''))).toBe(at + 1);
      }
    }
  });

  it('shows a cut tail, a rollback and a fork only to whoever kept a head, and names the place', () => {
    for (let keep = 0; keep < lines.length; keep += 1) {
      expect(verdictOf(lines.slice(0, keep), head)).toMatchObject({
        ok: false,
        firstBad: { seq: keep + 1 },
      });
    }
    const back = Math.min(earlier.seq - 1, lines.length);
    // Yesterday's store, gone on with: consistent in itself, and not the history whose head was kept.
    let fork = JSON.parse(lines[back - 1] ?? '') as AuditEntry;
    const forked = lines.slice(0, back);
    while (forked.length < lines.length + 3) {
      const draft = { actor: 'broker', action: 'task.opened', subject: 'x', detail: {} } as const;
      fork = link(fork, draft, Date.now());
      forked.push(JSON.stringify(fork));
    }
    expect(verdictOf(forked)).toMatchObject({ ok: true, anchored: false });
    expect(verdictOf(forked, earlier).firstBad?.seq).toBe(earlier.seq);
    expect(verdictOf(forked, head).firstBad?.seq).toBe(head.seq);
    const rewritten = rehashed(lines, 3, (entry) => Object.assign(entry, { actor: 'nobody' }));
    expect(verdictOf(rewritten)).toMatchObject({ ok: true, anchored: false });
    expect(verdictOf(rewritten, head).firstBad?.seq).toBe(head.seq);
    // Two forks sewn together.
    const sewn = [...lines.slice(0, 5), ...rewritten.slice(5)];
    expect(verdictOf(sewn).firstBad?.seq).toBe(6);
  });

  it('is verified by the program with nothing but the file', async () => {
    const home = await mkdtemp(join(tmpdir(), 'countersign-audit-'));
    const file = join(home, 'audit.ndjson');
    const verify = async (content: readonly string[], ...more: string[]) => {
      await writeFile(file, `${content.join('\n')}\n`);
      return runProgram(['audit', 'verify', file, ...more], {}, home);
    };
    const kept = `${head.seq}:${head.hash}`;
    expect((await verify(lines, '--head', kept)).code).toBe(0);
    const unanchored = await verify(lines);
    expect(unanchored.output).toContain('internally consistent, not anchored');
    const cut = await verify(lines.slice(0, -1), '--head', kept);
    expect(cut.code).toBe(1);
    expect(cut.output).toContain(String(head.seq));
    const edited = await verify(lines.with(4, (lines[4] ?? '').replace('"actor":"', '"actor":"x')));
    expect(edited.code).toBe(1);
    expect(edited.output).toMatch(/\b5\b/);
    await rm(home, { recursive: true, force: true });
  });

  it.each([
    "update audit_entries set actor = 'x' where seq = 1",
    'delete from audit_entries where seq = 1',
    'truncate audit_entries',
    'truncate audit_head, audit_entries cascade',
    'drop table audit_entries',
    'alter table audit_entries alter column actor drop not null',
    'alter table audit_entries disable trigger all',
    'create trigger t before insert on audit_entries execute function suppress_redundant_updates_trigger()',
    'create rule r as on insert to audit_entries do instead nothing',
    "insert into audit_entries select * from audit_entries where seq = 1 on conflict (seq) do update set actor = 'x'",
    'merge into audit_entries a using audit_head h on a.seq = 1 when matched then delete',
    'with gone as (delete from audit_entries returning *) select * from gone',
    'select * from audit_entries for update',
    "insert into audit_entries select seq + 1, time, 'x', action, subject, detail, hash, hash from audit_entries order by seq desc limit 1",
    "update audit_head set seq = 1, hash = repeat('0', 64)",
    'select * from audit_head for update',
    "create or replace function append_audit(drafts json) returns text language sql as 'select null'",
    'alter function append_audit set search_path = public',
    'delete from audit_head',
    "insert into audit_head (singleton, seq, hash) values (false, 0, repeat('0', 64))",
    'alter table audit_entries owner to current_user',
    'grant update on audit_entries to current_user; update audit_entries set actor = actor',
    'set session_replication_role = replica',
    'drop schema countersign cascade',
    "update migrations set sha256 = ''",
    'create table countersign.audit_entries_2 (id int)',
  ])('cannot be changed by the role the broker runs as: %s', async (sql) => {
    const client = new pg.Client({ connectionString: broker.store.runtimeUrl });
    await client.connect();
    try {
      await client.query('set search_path = countersign');
      await expect(client.query(sql)).rejects.toMatchObject({
        code: expect.stringMatching(/^(42501|23514)$/),
      });
    } finally {
      await client.end();
    }
    const now = await exported(admin);
    expect(verdictOf(now.lines, head)).toMatchObject({ ok: true, anchored: true });
  });

  it('gives away what an owner of the store changed in it', async () => {
    const change = async (sql: string) => {
      await broker.store.asSuperuser(`set search_path = countersign; ${sql}`);
      return verdictOf((await exported(admin)).lines, head);
    };
    await broker.store.asSuperuser(
      'create table kept as select * from countersign.audit_entries; create table kept_head as select * from countersign.audit_head',
    );
    const edit = `update audit_entries set actor = 'agt_x' where seq = 4`;
    expect((await change(edit)).firstBad?.seq).toBe(4);
    await broker.store.asSuperuser(
      'update countersign.audit_entries e set actor = k.actor from kept k where k.seq = e.seq',
    );
    expect((await change('delete from audit_entries where seq = 6')).firstBad?.seq).toBe(6);
    await broker.store.asSuperuser(
      'insert into countersign.audit_entries select * from kept where seq = 6',
    );
    expect((await change('select 1')).ok).toBe(true);
    // The tail cut and the head set back with it: the store is consistent, and found out all the same.
    const cut = await change(`delete from audit_entries where seq > 5;
      update audit_head set seq = 5, hash = (select hash from audit_entries where seq = 5)`);
    expect(cut.ok).toBe(false);
    await broker.store.asSuperuser(`delete from countersign.audit_entries where seq > 5;
      insert into countersign.audit_entries select * from kept where seq > 5;
      update countersign.audit_head h set seq = k.seq, hash = k.hash from kept_head k`);
    expect(verdictOf((await exported(admin)).lines, head).ok).toBe(true);
  });

  it('cannot be made to hold a forged record, whatever the text', async () => {
    const forged =
      '"}\n{"seq":1,"time":"2026-01-01T00:00:00.000Z","actor":"opr_host","action":"stop.lifted","subject":"all","detail":{},"prev":"0","hash":"0"}\n';
    const ugly = [
      '\r\n',
      '\u2028',
      '\u2029',
      '\u0085',
      '\x1b[2J\x1b[1;31m',
      '\u202e',
      '\x7f',
      '\x00x',
    ];
    const before = await exported(admin);
    const log = broker.log.length;
    let entries = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(forged, ...ugly), fc.string()), { maxLength: 6 }),
        async (parts) => {
          const words = `p${parts.join('')}`.slice(0, 400);
          await agent.session
            .mintToken({ scopes: ['shop-staging:read'], task: { purpose: words, ticket: words } })
            .catch(() => undefined);
          await agent.session
            .mintToken({ scopes: ['shop:nothing'], task: { purpose: words } })
            .catch(() => undefined);
          const reason = words.slice(0, 200);
          await admin.call('revoke', { body: { agent: agent.id, reason } }).catch(() => undefined);
          await admin
            .call('resumeAgent', { params: { id: agent.id }, body: { reason } })
            .catch(() => undefined);
          entries += 1;
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
    const after = await exported(admin);
    expect(after.lines.length).toBe(after.head.seq);
    expect(after.head.seq).toBeGreaterThan(before.head.seq + entries);
    expect(verdictOf(after.lines, after.head)).toMatchObject({ ok: true, anchored: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are looked for
    const control = /[\x00-\x1f\x7f\u0085\u2028\u2029\u202e]/;
    for (const line of after.lines)
      expect(line.replace(/[\u0085\u2028\u2029\u202e\x7f]/g, '')).not.toMatch(control);
    const lifted = after.lines.filter((line) => line.includes('stop.lifted'));
    expect(lifted).toEqual([]);
    // A log line is one line of JSON each, too.
    for (const chunk of broker.log.slice(log)) {
      expect(chunk.trimEnd().split('\n')).toHaveLength(1);
      JSON.parse(chunk);
    }
  });
});
