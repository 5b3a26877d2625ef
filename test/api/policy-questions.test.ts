import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../src/sdk/client.ts';
import { startBroker, type TestAgent, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';

let broker: TestBroker;
let auditor: Client;
let helper: TestAgent;
beforeAll(async () => {
  broker = await startBroker();
  const rules = `${SHOP_BUNDLE['rules/access.cedar'] ?? ''}
@id("for-a-ticket") @ttl("5m")
permit (principal in Team::"platform", action == Action::"read", resource in Resource::"shop-staging")
when { context.task has verified_ticket };`;
  await broker.apply({ ...SHOP_BUNDLE, 'rules/access.cedar': rules });
  helper = await broker.agent(['support']);
  auditor = await broker.operator('auditor');
});
afterAll(() => broker.stop());

describe('questions to the active policy', () => {
  it('who can: kinds of agents, with those that are registered', async () => {
    const answer = await auditor.call('whoCan', { query: { scope: 'shop-staging:read' } });
    expect(answer).toMatchObject({ scope: 'shop-staging:read', action: 'read', notes: [] });
    expect(answer.items.map(({ subject, agents, when }) => ({ subject, agents, when }))).toEqual([
      { subject: { team: 'platform' }, agents: [], when: 'a verified ticket' },
      { subject: { team: 'support' }, agents: [helper.name], when: 'always' },
    ]);
    expect(answer.items[1]?.access).toMatchObject({ outcome: 'allow', ttl: 600, leases: 1 });
  });

  it('who can, for an operation of a lower effect under a scope', async () => {
    const query = { scope: 'shop-staging:write', action: 'read' as const };
    const { items } = await auditor.call('whoCan', { query });
    expect(items.map(({ subject }) => subject)).toEqual([{ team: 'support' }]);
    const none = await auditor.call('whoCan', {
      query: { scope: 'shop-staging:read', action: 'write' },
    });
    expect(none.items).toEqual([]);
  });

  it('what can: every scope and effect of an agent, by name or id, as a token would be decided', async () => {
    const answer = await auditor.call('whatCan', { query: { agent: helper.name } });
    expect(answer.agent).toEqual({ id: helper.id, name: helper.name, teams: ['support'] });
    const told = answer.items.map(
      ({ scope, action, access }) => `${scope} ${action} ${access.outcome}`,
    );
    expect(told).toContain('shop-staging:write write allow');
    expect(told).toContain('shop:correct write require_approval');
    const same = await auditor.call('whatCan', { query: { agent: helper.id } });
    expect(same).toEqual(answer);
    for (const { scope, action, access } of answer.items) {
      const explained = await auditor.call('explainPolicy', { body: { agent: helper.id, scope } });
      if (action === 'read' && scope.endsWith(':read')) {
        expect([scope, access.outcome]).toEqual([scope, explained.decision]);
      }
    }
  });

  it('what there is not', async () => {
    const unknown = auditor.call('whoCan', { query: { scope: 'shop:nothing' } });
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'not_found' });
    const nobody = auditor.call('whatCan', { query: { agent: 'nobody' } });
    await expect(nobody).rejects.toMatchObject({ status: 404, code: 'not_found' });
    const version = auditor.call('getBundle', { params: { version: '999' } });
    await expect(version).rejects.toMatchObject({ status: 404, code: 'not_found' });
    const odd = auditor.call('getBundle', { params: { version: 'validate' } });
    await expect(odd).rejects.toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('versions', () => {
  it('keep files, author and note, and an old one comes back by its number', async () => {
    const admin = await broker.operator();
    const first = broker.composed.broker.policy.version() ?? 0;
    const version = await broker.apply(SHOP_BUNDLE);
    expect(await auditor.call('getBundle', { params: { version: String(version) } })).toMatchObject(
      {
        version,
        note: 'test',
        author: 'opr_host',
        active: true,
        files: SHOP_BUNDLE,
      },
    );
    const params = { version: String(first) };
    const back = await admin.call('activateBundle', { params });
    expect(back).toEqual({ version: first, previous: version });
    const { items } = await auditor.call('listBundles');
    expect(items.filter(({ active }) => active).map((it) => it.version)).toEqual([first]);
  });

  it('a diff names the agents that are registered, and says what it assumed', async () => {
    const rules = (SHOP_BUNDLE['rules/access.cedar'] ?? '').replace('@ttl("10m")', '@ttl("9m")');
    const files = { ...SHOP_BUNDLE, 'rules/access.cedar': rules };
    const diff = await auditor.call('diffBundle', { body: { files } });
    const row = diff.decisions.find(({ change }) => change === 'terms');
    expect(row).toMatchObject({ tighter: ['ttl'], looser: [], when: 'always' });
    const names = row?.audiences.flatMap((at) => diff.audiences[at]?.agents ?? []);
    expect(names).toEqual([helper.name]);
    expect(diff.assumed).toMatchObject({ complete: true, notes: [] });
    expect(diff.widens).toEqual([]);
  });
});
