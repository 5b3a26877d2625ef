import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VerifyLine } from '../../src/contract/schemas/inspect.ts';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

let broker: TestBroker;
let admin: Client;

beforeAll(async () => {
  broker = await startBroker();
  await broker.apply(SHOP_BUNDLE);
  admin = await broker.operator();
  for (let n = 0; n < 3; n += 1) await broker.agent();
});
afterAll(() => broker.stop());

async function verify(head?: string, client = admin): Promise<VerifyLine[]> {
  const answer = await client.stream('verifyAudit', { body: head === undefined ? {} : { head } });
  const body = await text(answer.body as AsyncIterable<Uint8Array<ArrayBuffer>>);
  return body
    .trimEnd()
    .split('\n')
    .map((line) => VerifyLine.parse(JSON.parse(line)));
}

async function verdictOn(head?: string) {
  const last = (await verify(head)).at(-1);
  if (last === undefined || !('verdict' in last)) throw new Error('no verdict');
  return last.verdict;
}

describe('one resource', () => {
  it('shows each scope with the rules that have a say about it, and no others', async () => {
    const shop = await admin.call('getResource', { params: { name: 'shop' } });
    expect(shop).toMatchObject({ environment: 'production', protected: true, secret_set: false });
    const rules = shop.scope_details.map(({ scope, rules: all }) => [
      scope,
      all.map(({ id, principal, ttl, approvals }) => ({ id, principal, ttl, approvals })),
    ]);
    const reads = { id: 'support-reads', principal: 'Team::"support"', ttl: 600, approvals: 0 };
    const writes = {
      id: 'production-writes-are-countersigned',
      principal: undefined,
      ttl: 300,
      approvals: 1,
    };
    expect(rules).toEqual([
      ['shop:read', [reads]],
      ['shop:correct', [writes]],
    ]);
  });
  it('is not found by another name', async () => {
    const asked = admin.call('getResource', { params: { name: 'shops' } });
    await expect(asked).rejects.toMatchObject({ code: 'not_found', status: 404 });
  });
});

describe('filters of the audit', () => {
  it('take a noun for all its actions, and nothing else that begins so', async () => {
    const actions = async (action: string) => {
      const { items } = await admin.call('listAudit', { query: { action } });
      return [...new Set(items.map((entry) => entry.action))].sort();
    };
    expect(await actions('policy')).toEqual(['policy.activated', 'policy.stored']);
    expect(await actions('policy.stored')).toEqual(['policy.stored']);
    expect(await actions('pol')).toEqual([]);
    expect(await actions('policy.')).toEqual([]);
    expect(await actions('%')).toEqual([]);
  });
  it('take a span of time: from its first moment, before its last', async () => {
    const all = (await admin.call('listAudit', { query: { limit: 200 } })).items;
    const [since, until] = [all[3]?.time ?? '', all[1]?.time ?? ''];
    const { items } = await admin.call('listAudit', { query: { since, until, limit: 200 } });
    const within = all.filter(({ time }) => time >= since && time < until);
    expect(within.length).toBeGreaterThan(0);
    expect(items).toEqual(within);
    const odd = admin.call('listAudit', { query: { since: 'yesterday' } });
    await expect(odd).rejects.toMatchObject({ status: 400, problem: { field: 'since' } });
  });
});

describe('an activation that names what it was compared with', () => {
  it('is refused where another version is active by now, and done where it is not', async () => {
    const { version } = await admin.call('storeBundle', { body: { files: SHOP_BUNDLE } });
    const params = { version: String(version) };
    const stale = admin.call('activateBundle', { params, query: { from: version - 2 } });
    await expect(stale).rejects.toMatchObject({ code: 'conflict', status: 409 });
    const done = await admin.call('activateBundle', { params, query: { from: version - 1 } });
    expect(done).toEqual({ version, previous: version - 1 });
  });
});

describe('one entry', () => {
  it('is shown by its number, and nothing else is', async () => {
    const [newest] = (await admin.call('listAudit', { query: { limit: 1 } })).items;
    const seq = String(newest?.seq);
    expect(await admin.call('getAuditEntry', { params: { seq } })).toEqual(newest);
    for (const wrong of ['0', '-1', '1.5', '01', 'x', '99999999']) {
      const asked = admin.call('getAuditEntry', { params: { seq: wrong } });
      await expect(asked, wrong).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

describe('verify now', () => {
  it('reads every link, compares with the witness, and goes on record', async () => {
    const lines = await verify();
    const [first] = lines;
    const verdict = await verdictOn();
    expect(first).toEqual({ checked: 0, of: verdict.entries - 1 });
    expect(verdict).toMatchObject({ ok: true, anchor: 'witness', anchored: true });
    const { items } = await admin.call('listAudit', { query: { action: 'audit.verified' } });
    expect(items[0]?.detail).toEqual({
      ok: true,
      entries: verdict.entries,
      head: verdict.head,
      anchor: 'witness',
    });
  });
  it('finds a head that is not of this history, and refuses what is no head', async () => {
    const verdict = await verdictOn(`2:${'ab'.repeat(32)}`);
    expect(verdict).toMatchObject({ ok: false, anchor: 'given', first_bad: { seq: 2 } });
    await expect(verify('2:ab')).rejects.toMatchObject({ problem: { field: 'head' } });
  });
  it('is for admins and auditors', async () => {
    await expect(verify(undefined, await broker.operator('approver'))).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await verify(undefined, await broker.operator('auditor'))).not.toHaveLength(0);
  });
  it('runs once at a time, and again after a reader left', async () => {
    const answers = await Promise.allSettled([verify(), verify(), verify()]);
    const refused = answers.filter((it) => it.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'conflict' });
    expect(answers.some((it) => it.status === 'fulfilled')).toBe(true);
    expect((await verdictOn()).ok).toBe(true);
  });
  it('names the first record that was edited in the store, and a head row that was moved', async () => {
    const { store } = broker;
    const edit = (seq: number, actor: string) =>
      store.asSuperuser('update countersign.audit_entries set actor = $2 where seq = $1', [
        seq,
        actor,
      ]);
    const [was] = await store.asSuperuser<{ actor: string }>(
      'select actor from countersign.audit_entries where seq = 3',
    );
    await edit(3, 'somebody');
    expect(await verdictOn()).toMatchObject({ ok: false, entries: 2, first_bad: { seq: 3 } });
    await edit(3, was?.actor ?? '');
    expect((await verdictOn()).ok).toBe(true);
    await store.asSuperuser(`update countersign.audit_head set hash = repeat('a', 64)`);
    expect(await verdictOn()).toMatchObject({
      ok: false,
      first_bad: { problem: expect.stringContaining('head on record') },
    });
  });
});
