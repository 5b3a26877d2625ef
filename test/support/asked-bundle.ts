import { SHOP_BUNDLE } from './bundle.ts';

/** A read scope that takes one of the dba group to approve, for the team `asking`. */
export const ASKED = 'shop-staging:read';
/** One that takes two of them. */
export const ASKED_OF_TWO = 'shop-staging:write';

/** The shop's bundle with a team whose grants have to be approved by persons. */
export const ASKED_BUNDLE: Record<string, string> = {
  ...SHOP_BUNDLE,
  'agents.yaml': 'teams: [support, platform, asking]\nagents: []\n',
  'groups.yaml': `groups:
  dba: { members: [omar@example.com, rosa@example.com, dana@example.com, ines@example.com] }
  nobody: { members: [] }
`,
  'rules/asked.cedar': `@id("one-reads-after-asking")
@ttl("10m") @approvers("dba") @approvals("1")
permit (principal in Team::"asking", action == Action::"read", resource in Resource::"shop-staging");

@id("two-for-a-write")
@ttl("10m") @approvers("dba") @approvals("2")
permit (principal in Team::"asking", action == Action::"write", resource in Resource::"shop-staging");

@id("nobody-can-say-yes")
@ttl("10m") @approvers("nobody") @approvals("1")
permit (principal in Team::"asking", action == Action::"read", resource in Resource::"reports");
`,
};
