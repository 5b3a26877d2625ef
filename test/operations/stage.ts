import { approve } from '../support/asking.ts';
import {
  type BrokerOptions,
  startBroker,
  type TestAgent,
  type TestBroker,
} from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { aPerson, type Person } from '../support/people.ts';
import { createShop, type ShopDatabase } from '../support/shop.ts';
import { type Held, hold } from '../broker/ground.ts';

export const CORRECT = 'shop:correct';
export const READ = 'shop:read';
export const CLEAR = 'shop:clear';

const RESOURCE = `resource: shop
kind: postgres
environment: production
owner: dana@example.com
connection: { url: { secret: shop/admin-url }, accept: [public-temp, public-create, connect-elsewhere, large-objects, security-definer] }
scopes:
  read:
    effect: read
    description: Orders
    max_ttl: 15m
    postgres:
      grant: [ { privileges: [SELECT], tables: [public.orders] } ]
      statement_timeout: 30s
  correct:
    effect: write
    description: Correct an order
    postgres:
      grant: [ { privileges: [SELECT, INSERT, UPDATE, DELETE], tables: [public.orders] } ]
      statement_timeout: 30s
  clear:
    effect: destroy
    description: Anything with the rows of orders
    postgres:
      grant: [ { privileges: [SELECT, INSERT, UPDATE, DELETE], tables: [public.orders] } ]
      statement_timeout: 30s
`;

const RULES = `@id("support-reads")
permit (principal in Team::"support", action == Action::"read", resource);
@id("support-writes-staging")
permit (principal in Team::"support", action == Action::"write", resource in Environment::"staging");
@id("production-writes-are-countersigned")
@approvers("dba") @approvals("1")
permit (principal in Team::"support", action == Action::"write", resource in Environment::"production");
@id("destroy-is-countersigned")
@approvers("dba") @approvals("1")
permit (principal in Team::"support", action == Action::"destroy", resource in Environment::"production");
`;

/** Who may sign, what the protected shop offers, and what rules ask for it. */
export const PEOPLE_AND_RULES: Record<string, string> = {
  'groups.yaml':
    'groups: { dba: { members: [omar@example.com, dana@example.com, ines@example.com] } }\n',
  'resources/shop.yaml': RESOURCE,
  'rules/access.cedar': RULES,
};
const BUNDLE: Record<string, string> = { ...SHOP_BUNDLE, ...PEOPLE_AND_RULES };

/** A protected shop whose changes are countersigned. */
export interface Stage {
  readonly broker: TestBroker;
  readonly shop: ShopDatabase;
  /** Signs for them. */
  readonly omar: Person;
  /** Says yes. */
  approve(approval: string): Promise<void>;
  holdAll(agent: TestAgent): Promise<Held>;
  /** From here on the rules ask for more. */
  tighten(): Promise<unknown>;
  holdOnly(agent: TestAgent, scope: string): Promise<Held>;
  /** Logins at the shop that are there now. */
  roles(): Promise<string[]>;
}

/** With this the write scope of the shop comes with a login. */
export const LOGIN_RULES = RULES.replace('@approvers', '@mode("login") @approvers');

export async function openStage(options: BrokerOptions = {}, rules = RULES): Promise<Stage> {
  const [broker, shop] = await Promise.all([startBroker(options), createShop()]);
  await broker.apply({ ...BUNDLE, 'rules/access.cedar': rules });
  await shop.asSuperuser(
    `grant usage on all sequences in schema public to ${shop.adminRole} with grant option`,
  );
  const admin = await broker.operator();
  await admin.call('setSecret', {
    params: { name: 'shop/admin-url' },
    body: { value: shop.adminUrl },
  });
  const omar = await aPerson(broker, { email: 'omar@example.com', role: 'admin', name: 'Omar' });
  return {
    broker,
    shop,
    omar,
    approve: async (approval) => {
      const { status, body } = await approve(omar, [approval]);
      if (status !== 200) throw new Error(JSON.stringify(body));
    },
    tighten: () =>
      broker.apply({
        ...BUNDLE,
        'rules/access.cedar': RULES.replace('@approvals("1")', '@approvals("2")'),
      }),
    holdOnly: (agent, scope) => hold(agent, [scope]),
    holdAll: (agent) => hold(agent, [READ, CORRECT, CLEAR]),
    roles: () => shop.leaseRoles(broker.composed.broker.installation),
  };
}
