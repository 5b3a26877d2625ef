import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateBundle } from '../../src/broker/manage-policy.ts';
import { applyPolicies } from '../../src/main/apply-policies.ts';
import { approve as sign } from '../support/asking.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { aPerson, type Person } from '../support/people.ts';
import { approveUnsigned } from '../support/approve-unsigned.ts';
import { entriesOf } from './widenings.ts';

/** The bundle where reading in production lasts that long. */
function lasting(minutes: number): Record<string, string> {
  const rules = SHOP_BUNDLE['rules/access.cedar'] ?? '';
  return {
    ...SHOP_BUNDLE,
    'rules/access.cedar': rules.replace('@ttl("10m")', `@ttl("${minutes}m")`),
  };
}

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker();
});
afterAll(() => broker.stop());

const active = () => broker.composed.broker.policy.version();
/** Stores a bundle as that person and asks for its activation. */
async function propose(by: Person, files: Record<string, string>) {
  const { version } = await by.done('POST', '/v1/policy/bundles', { files, note: 'a change' });
  const answer = await by.call('POST', `/v1/policy/bundles/${String(version)}/activate`);
  return { version: Number(version), ...answer };
}
const approvalOf = (by: Person, id: unknown) => by.done('GET', `/v1/approvals/${String(id)}`);

describe('what widens a protected environment', () => {
  let dana: Person;
  let omar: Person;

  it('is done by an admin alone until somebody has a passkey, and the entry says so', async () => {
    const version = await broker.apply(SHOP_BUNDLE);
    const entry = (await entriesOf(broker, 'policy.activated')).at(-1);
    expect(entry).toMatchObject({
      subject: `bundle:${version}`,
      detail: { alone: 'nobody has a passkey', widens: expect.any(Number) },
    });
  });

  it('takes the signature of the one admin there is, from then on', async () => {
    dana = await aPerson(broker, { email: 'dana@example.com' });
    const { status, body, version } = await propose(dana, lasting(11));
    expect(status).toBe(202);
    expect(body).toMatchObject({
      state: 'pending',
      approval_uri: `${broker.config.http.issuer}/console/approvals/${String(body['approval_id'])}`,
      widens: ['team support: shop:correct, shop:read (read): longer: allow, 10m → allow, 11m'],
    });
    expect(active()).not.toBe(version);
    const approval = await approvalOf(dana, body['approval_id']);
    expect(approval).toMatchObject({
      kind: 'widening',
      state: 'pending',
      may_answer: true,
      operation: {
        v: 1,
        kind: 'widening',
        what: 'policy',
        author: dana.id,
        from: { version: active() },
        to: { version },
        diff_digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      card: { plan: body['widens'], effect: 'write' },
    });
    // Asked twice, it is the same question.
    const again = await dana.call('POST', `/v1/policy/bundles/${version}/activate`);
    expect([again.status, again.body['approval_id']]).toEqual([202, body['approval_id']]);
  });

  it('is made as soon as it is approved, by its author, once', async () => {
    const { body, version } = await propose(dana, lasting(11));
    const signed = await sign(dana, [String(body['approval_id'])]);
    expect(signed).toMatchObject({ status: 200 });
    await expect.poll(active, { timeout: 10_000 }).toBe(version);
    expect(await approvalOf(dana, body['approval_id'])).toMatchObject({ state: 'used' });
    const entry = (await entriesOf(broker, 'policy.activated')).at(-1);
    expect(entry).toMatchObject({
      actor: dana.id,
      subject: `bundle:${version}`,
      detail: { approval: body['approval_id'] },
    });
    const used = await entriesOf(broker, 'approval.used');
    expect(used.filter(({ subject }) => subject === body['approval_id'])).toHaveLength(1);
  });

  it('takes another admin where there are two; whoever approves only is not asked', async () => {
    omar = await aPerson(broker, { email: 'omar@example.com', invitedBy: dana });
    const petra = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const { body, version } = await propose(dana, lasting(12));
    const seen = async (by: Person) => (await approvalOf(by, body['approval_id']))['may_answer'];
    expect(await seen(dana)).toEqual({ no: expect.stringContaining('your own change') });
    expect(await seen(omar)).toBe(true);
    expect(await seen(petra)).toEqual({ no: 'Only admins approve a change of the rules.' });
    for (const by of [dana, petra]) {
      expect((await sign(by, [String(body['approval_id'])])).status).toBe(403);
    }
    expect((await sign(omar, [String(body['approval_id'])])).status).toBe(200);
    await expect.poll(active, { timeout: 10_000 }).toBe(version);
  });

  it('says nothing any more once another version is active', async () => {
    const { body, version } = await propose(dana, lasting(13));
    const narrower = await propose(dana, lasting(5));
    expect(narrower).toMatchObject({ status: 200, body: { version: narrower.version } });
    expect(active()).toBe(narrower.version);
    expect(await approvalOf(omar, body['approval_id'])).toMatchObject({
      state: 'superseded',
      end_reason: `bundle ${narrower.version} became active`,
    });
    // Against what is active now it is another change, and another question.
    const again = await dana.call('POST', `/v1/policy/bundles/${version}/activate`);
    expect(again.status).toBe(202);
    expect(again.body['approval_id']).not.toBe(body['approval_id']);
  });

  it('cannot be done by a token of the host instead', async () => {
    const before = active();
    const host = await broker.operator();
    const { version } = await host.call('storeBundle', { body: { files: lasting(14), note: '' } });
    const params = { version: String(version) };
    const answer = await host.call('activateBundle', { params });
    expect(answer).toMatchObject({ state: 'pending' });
    expect(active()).toBe(before);
  });

  it('is made once when two brokers see it approved', async () => {
    const twin = await broker.twin();
    try {
      const { body, version } = await propose(dana, lasting(15));
      await approveUnsigned(broker.store, body['approval_id']);
      const tries = [broker, twin].map(({ composed }) =>
        activateBundle(composed.broker, dana.id, version).then(
          (done) => done.kind,
          () => 'refused',
        ),
      );
      await Promise.all(tries);
      await expect.poll(active, { timeout: 10_000 }).toBe(version);
      const all = await entriesOf(broker, 'policy.activated');
      expect(all.filter(({ subject }) => subject === `bundle:${version}`)).toHaveLength(1);
    } finally {
      await twin.stop();
    }
  });

  it('a change of the policy folder waits, once, and is made when it is approved', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-policies-'));
    try {
      for (const [name, text] of Object.entries(lasting(60))) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      // max_ttl holds the scope to 15 minutes, so this widens nothing.
      expect(await applyPolicies(broker.composed.broker, folder)).toMatchObject({
        kind: 'applied',
      });
      const path = join(folder, 'resources/shop.yaml');
      writeFileSync(path, (SHOP_BUNDLE['resources/shop.yaml'] ?? '').replace('15m', '30m'));
      const staged = await applyPolicies(broker.composed.broker, folder);
      expect(staged).toMatchObject({
        kind: 'staged',
        widens: ['team support: shop:read (read): longer: allow, 15m → allow, 30m'],
      });
      expect(await applyPolicies(broker.composed.broker, folder)).toEqual(staged);
      const { approvalId, version } = staged as { approvalId: string; version: number };
      await approveUnsigned(broker.store, approvalId);
      await expect.poll(active, { timeout: 10_000 }).toBe(version);
      expect(await applyPolicies(broker.composed.broker, folder)).toMatchObject({
        kind: 'unchanged',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the same on every other way in', () => {
  let dana: Person;
  let omar: Person;
  const stopOf = async (body: Record<string, unknown>) => {
    const { stop_id } = await dana.done('POST', '/v1/revocations', { ...body, reason: 'a test' });
    return String(stop_id);
  };
  const required = (answer: { status: number; body: Record<string, unknown> }) => {
    expect([answer.status, answer.body['code']]).toEqual([403, 'approval_required']);
    return answer.body;
  };

  beforeAll(async () => {
    await broker.stop();
    broker = await startBroker();
    await broker.apply(SHOP_BUNDLE);
    dana = await aPerson(broker, { email: 'dana@example.com' });
    omar = await aPerson(broker, { email: 'omar@example.com', invitedBy: dana });
  });

  it('an agent that joins a team with protected access; one without needs nobody', async () => {
    const of = (name: string, teams: string[]) => {
      return { name, owner: 'ines@example.com', teams, jwks: { keys: [] } };
    };
    expect((await dana.call('POST', '/v1/agents', of('plain', ['platform']))).status).toBe(201);
    const body = required(await dana.call('POST', '/v1/agents', of('helper', ['support'])));
    expect(body['widens']).toEqual([
      'new agent helper: shop:correct, shop:read (read): gained: deny → allow, 10m',
    ]);
    const kept = await approvalOf(omar, body['approval_id']);
    expect(kept).toMatchObject({ may_answer: true, operation: { what: 'agent' } });
    expect(JSON.stringify(kept['operation'])).not.toContain('helper');
    await approveUnsigned(broker.store, body['approval_id']);
    // Another request is another question, even in the same team.
    const other = required(await dana.call('POST', '/v1/agents', of('other', ['support'])));
    expect(other['approval_id']).not.toBe(body['approval_id']);
    expect((await dana.call('POST', '/v1/agents', of('helper', ['support']))).status).toBe(201);
    expect(await approvalOf(omar, body['approval_id'])).toMatchObject({ state: 'used' });
  });

  it('what an admin signed who is none any more opens nothing: it is asked anew', async () => {
    const agent = {
      name: 'late',
      owner: 'ines@example.com',
      teams: ['support'],
      jwks: { keys: [] },
    };
    const create = () => dana.call('POST', '/v1/agents', agent);
    const { approval_id } = required(await create());
    expect((await sign(omar, [String(approval_id)])).status).toBe(200);
    const role = (to: string) => dana.call('POST', `/v1/operators/${omar.id}/role`, { role: to });
    expect((await role('auditor')).status).toBe(200);
    const again = required(await create());
    expect(again['approval_id']).not.toBe(approval_id);
    expect(await approvalOf(dana, approval_id)).toMatchObject({
      state: 'superseded',
      end_reason: 'who approved it may no longer',
    });
    const back = required(await role('admin'));
    await approveUnsigned(broker.store, back['approval_id']);
    const now = async () => (await dana.done('GET', `/v1/operators/${omar.id}`))['role'];
    await expect.poll(now, { timeout: 10_000 }).toBe('admin');
  });

  it('lifting a stop of what is protected; of staging nobody is asked', async () => {
    const staging = await stopOf({ resource: 'shop-staging' });
    const lift = (id: string) => dana.call('POST', `/v1/stops/${id}/lift`, { reason: 'mended' });
    expect((await lift(staging)).status).toBe(200);
    for (const body of [{ resource: 'shop' }, { all: true }]) {
      const id = await stopOf(body);
      const { approval_id } = required(await lift(id));
      await approveUnsigned(broker.store, approval_id);
      const lifted = async () => {
        const { items } = await dana.done('GET', '/v1/stops');
        return (items as { id: string; lifted_by?: string }[]).find((it) => it.id === id);
      };
      await expect.poll(lifted, { timeout: 10_000 }).toMatchObject({ lifted_by: dana.id });
      expect(await approvalOf(omar, approval_id)).toMatchObject({ state: 'used' });
    }
  });

  it('resuming an agent with protected access', async () => {
    const agent = await broker.agent(['support']);
    await dana.done('POST', `/v1/agents/${agent.id}/suspend`, { reason: 'look at it' });
    const again = { reason: 'looked at' };
    const { approval_id, widens } = required(
      await dana.call('POST', `/v1/agents/${agent.id}/resume`, again),
    );
    expect(widens).toEqual([
      `agent ${agent.name} is resumed, and may ask again for shop:read, shop:correct`,
    ]);
    await approveUnsigned(broker.store, approval_id);
    const state = async () => (await dana.done('GET', `/v1/agents/${agent.id}`))['state'];
    await expect.poll(state, { timeout: 10_000 }).toBe('active');
  });

  it('a higher role; a lower one needs nobody', async () => {
    const petra = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const give = (role: string) => dana.call('POST', `/v1/operators/${petra.id}/role`, { role });
    expect((await give('auditor')).status).toBe(200);
    const { approval_id } = required(await give('admin'));
    expect(await approvalOf(petra, approval_id)).toMatchObject({
      may_answer: { no: expect.anything() },
    });
    await approveUnsigned(broker.store, approval_id);
    const role = async () => (await dana.done('GET', `/v1/operators/${petra.id}`))['role'];
    await expect.poll(role, { timeout: 10_000 }).toBe('admin');
  });
});
