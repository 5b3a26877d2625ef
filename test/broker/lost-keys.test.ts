import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueCredential } from '../../src/broker/issue-credential.ts';
import { createAgentSession } from '../../src/sdk/agent-session.ts';
import { generateAgentKey } from '../../src/sdk/generate-key.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import type { TestAgent } from '../support/broker.ts';
import { chainOf } from '../support/chain.ts';
import { borrow, type Ground, type HeldLease, hold, openGround, READ } from './ground.ts';

/** I2: a key that is taken away takes along what was minted under it, and nothing else. */
describe('what an agent loses with a key', () => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await openGround();
  });
  afterAll(() => ground.broker.stop());

  type Key = ReturnType<typeof generateAgentKey>;
  type Keys = { jwks: { keys: Record<string, unknown>[] } } | { jwks_uri: string };
  const jwks = (...keys: Key[]): Keys => ({
    jwks: { keys: keys.map((key) => ({ ...key.publicJwk })) },
  });

  function signedBy(id: string, { privateJwk }: Key): TestAgent {
    const url = ground.broker.url;
    return {
      id,
      name: id,
      privateJwk,
      session: createAgentSession({ url, agentId: id, privateKey: privateJwk }),
    };
  }

  async function setKeys(id: string, body: Keys): Promise<void> {
    await ground.admin.call('setAgentKeys', { params: { id }, body });
  }

  /** An agent with two keys, and the same agent signing with each. */
  async function twoKeyed() {
    const keys = [generateAgentKey(), generateAgentKey()] as const;
    const { id } = await ground.broker.agent();
    await setKeys(id, jwks(...keys));
    return { id, keys, old: signedBy(id, keys[0]), young: signedBy(id, keys[1]) };
  }

  const refused = (held: HeldLease) =>
    expect(held.client.call('listLeases')).rejects.toMatchObject({ code: 'invalid_token' });

  const dead = async (held: HeldLease) => {
    await refused(held);
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
    expect(await ground.roles()).not.toContain(held.role);
    const { items } = await ground.admin.call('listGrants', { query: { task: held.task } });
    expect(items.every((grant) => grant.ended_at !== undefined)).toBe(true);
  };

  const alive = async (held: HeldLease) => {
    await held.client.call('listLeases');
    expect(await ground.stateOf(held.lease)).toBe('active');
  };

  it('the tokens, grants and logins of that key, and those of no other', async () => {
    const { id, keys, old, young } = await twoKeyed();
    const [lost, kept, bystander] = [
      await borrow(old),
      await borrow(young),
      await borrow(await ground.broker.agent()),
    ];
    const bare = await old.session.mintToken();
    await setKeys(id, jwks(keys[1]));
    await dead(lost);
    await expect(old.session.client(bare.access_token).call('listScopes')).rejects.toMatchObject({
      code: 'invalid_token',
    });
    await alive(kept);
    await alive(bystander);
    const { items } = await ground.admin.call('listTokens', { query: { agent: id } });
    expect(items.map((token) => token.revoked_at !== undefined).sort()).toEqual([
      false,
      true,
      true,
    ]);
    const entries = (await chainOf(ground.broker.composed)).filter(({ subject }) => subject === id);
    expect(entries.at(-2)?.action).toBe('agent.keys_set');
    expect(entries.at(-1)).toMatchObject({
      action: 'revocation.completed',
      detail: { tokens: 2, grants: 1, leases: [lost.lease] },
    });
    // Under another kid the key is the same key.
    const renamed = { jwks: { keys: [{ ...keys[1].publicJwk, kid: 'renamed' }] } };
    await setKeys(id, renamed);
    await alive(kept);
    // Given back, it may be used again; what it had proven stays dead.
    await setKeys(id, jwks(...keys));
    await refused(lost);
    await alive(await borrow(old));
    await ground.admin.call('revoke', { body: { agent: id, reason: 'end of test' } });
  });

  it('all of them when its keys move to a document, and when they leave it', async () => {
    const { id, keys, old } = await twoKeyed();
    const held = await borrow(old);
    await setKeys(id, { jwks_uri: 'https://keys.example.com/jwks.json' });
    await dead(held);
    await setKeys(id, jwks(...keys));
    const again = await borrow(old);
    // As if the document had held it: the same document stays what it is.
    await ground.broker.store.asSuperuser(
      `update countersign.agents set jwks = null, jwks_uri = 'https://keys.example.com/jwks.json' where id = $1`,
      [id],
    );
    await setKeys(id, { jwks_uri: 'https://keys.example.com/jwks.json' });
    await alive(again);
    await setKeys(id, jwks(keys[1]));
    await dead(again);
  });

  it('and the bundle that declares an agent takes keys the same way', async () => {
    const keys = [generateAgentKey(), generateAgentKey()] as const;
    const declare = (...its: Key[]) => {
      const declared = JSON.stringify({
        name: 'declared',
        owner: 'dana@example.com',
        teams: ['support'],
        ...jwks(...its),
      });
      return ground.broker.apply({
        ...SHOP_BUNDLE,
        'agents.yaml': `teams: [support, platform]\nagents: [${declared}]\n`,
      });
    };
    await declare(...keys);
    const { id } = await ground.admin.call('getAgent', { params: { id: 'declared' } });
    const [lost, kept] = [await borrow(signedBy(id, keys[0])), await borrow(signedBy(id, keys[1]))];
    await declare(...keys);
    await alive(lost);
    await declare(keys[1]);
    await dead(lost);
    await alive(kept);
    await ground.broker.apply(SHOP_BUNDLE);
  });

  it('even where the audit cannot take an entry, which then comes with the journal; no key is added', async () => {
    const { id, keys, old, young } = await twoKeyed();
    const [lost, kept] = [await borrow(old), await borrow(young)];
    const { store, composed } = ground.broker;
    await store.closeAudit();
    await expect(setKeys(id, jwks(keys[1], generateAgentKey()))).rejects.toMatchObject({
      status: 500,
    });
    await refused(lost);
    await expect.poll(() => ground.stateOf(lost.lease), { timeout: 15_000 }).toBe('revoked');
    await alive(kept);
    await store.openAudit();
    const agent = await ground.admin.call('getAgent', { params: { id } });
    expect(agent.keys.map(({ kid }) => kid)).toEqual([keys[1].publicJwk.kid]);
    await expect.poll(() => composed.broker.journal.pending().length, { timeout: 10_000 }).toBe(0);
    const late = (await chainOf(composed)).find(
      ({ subject, detail }) => subject === id && 'journaled_at' in detail,
    );
    expect(late?.action).toBe('agent.keys_set');
  });

  it('also where the broker dies after the first transaction: everything refuses, the sweeper does the rest', async () => {
    const { id, keys, old } = await twoKeyed();
    const [held, waiting] = [await borrow(old), await hold(old)];
    const { broker } = ground.broker.composed;
    const proofs = broker.clientProofs.proofsOf({ jwks: { keys: [{ ...keys[1].publicJwk }] } });
    const entry = { actor: 'opr_host', action: 'agent.keys_set', subject: id, detail: {} } as const;
    const { items } = await ground.admin.call('listTokens', { query: { task: waiting.task } });
    const before = (await broker.tokens.status(items[0]?.jti ?? ''))?.token;
    const left = { jwks: { keys: [{ ...keys[1].publicJwk }] } };
    await broker.agents.withdrawKeys(id, left, proofs, entry);
    await refused(held);
    // Past the door, too: what was let in a moment earlier gets no login.
    if (!before) throw new Error('the token has no record');
    const principal = { type: 'agent' as const, id, token: before };
    await expect(issueCredential(broker, principal, { scope: READ })).rejects.toMatchObject({
      code: 'grant_ended',
    });
    await expect.poll(() => ground.stateOf(held.lease), { timeout: 15_000 }).toBe('revoked');
  });
});
