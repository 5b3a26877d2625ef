/** A small bundle: a shop that is protected, its staging twin that is not, and a service of its own audience. */
export const SHOP_BUNDLE: Record<string, string> = {
  'agents.yaml': 'teams: [support, platform]\nagents: []\n',
  'environments.yaml':
    'environments: { production: { protected: true }, staging: { protected: false } }\n',
  'groups.yaml': 'groups: { dba: { members: [dana@example.com] } }\n',
  'resources/shop.yaml': `resource: shop
kind: postgres
environment: production
owner: dana@example.com
connection: { url: { secret: shop/admin-url }, accept: [] }
scopes:
  read:
    effect: read
    description: Orders, and customers without personal data
    max_ttl: 15m
    postgres:
      grant:
        - { privileges: [SELECT], tables: [public.orders] }
        - { privileges: [SELECT], tables: [public.customers], columns: [id, country] }
      statement_timeout: 30s
      connections: 3
  correct:
    effect: write
    description: Correct an order
    postgres: { grant: [ { privileges: [SELECT, UPDATE], tables: [public.orders] } ] }
`,
  'resources/shop-staging.yaml': `resource: shop-staging
kind: postgres
environment: staging
owner: dana@example.com
connection: { url: { secret: shop-staging/admin-url } }
scopes:
  read:
    effect: read
    description: Everything that support sees in production
    max_ttl: 15m
    postgres:
      grant: [ { privileges: [SELECT], tables: [public.orders] } ]
  write:
    effect: write
    description: Change orders
    max_ttl: 15m
    postgres: { grant: [ { privileges: [SELECT, UPDATE, DELETE], tables: [public.orders] } ] }
`,
  'resources/reports.yaml': `resource: reports
kind: postgres
environment: staging
owner: dana@example.com
audience: https://reports.example.com
connection: { url: { secret: reports/admin-url } }
scopes:
  read:
    effect: read
    description: The reports service checks tokens itself
    max_ttl: 15m
    postgres: { grant: [ { privileges: [SELECT], tables: [public.orders] } ] }
`,
  'rules/access.cedar': `@id("support-reads")
@ttl("10m")
permit (principal in Team::"support", action == Action::"read", resource);

@id("support-writes-staging")
@leases("2")
permit (principal in Team::"support", action == Action::"write", resource in Environment::"staging");

@id("production-writes-are-countersigned")
@ttl("5m") @approvers("dba") @approvals("1")
permit (principal, action == Action::"write", resource in Environment::"production");
`,
};
