import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestApproval } from '../../src/broker/request-approval.ts';
import { approve, ask, type Asked, type Asking, deny, openAsking } from '../support/asking.ts';
import { ASKED_OF_TWO } from '../support/asked-bundle.ts';
import { createAuthenticator, type Deviation } from '../support/authenticator.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { createBrowser } from '../support/browser.ts';
import { aPerson, type Person } from '../support/people.ts';
import { PATIENT } from '../standards/wire.ts';

const FINAL = ['approved', 'denied', 'expired', 'withdrawn', 'superseded', 'used'];

/** Threats "Approvals". */
describe('approvals', () => {
  let asking: Asking;
  let twin: TestBroker;
  let agent: TestAgent;
  let dana: Person;
  beforeAll(async () => {
    asking = await openAsking({
      overrides: { limits: { ...PATIENT.limits, approvalsPerAsker: 500 } },
    });
    twin = await asking.broker.twin(PATIENT);
    agent = await asking.agent();
    dana = await aPerson(asking.broker, { email: 'dana@example.com', name: 'Dana' });
  });
  afterAll(async () => {
    await twin.stop();
    await asking.stop();
  });

  const stateOf = async (id: string) =>
    (await asking.ines.done('GET', `/v1/approvals/${id}`))['state'];

  async function begin(person: Person, ids: readonly string[], decision = 'approve') {
    return person.done('POST', '/v1/approvals/challenges', { ids, decision });
  }

  function finish(person: Person, begun: Readonly<Record<string, unknown>>, deviation?: Deviation) {
    return person.call('POST', '/v1/approvals/answers', {
      challenge_id: begun['challenge_id'],
      assertion: person.passkey.assert(begun['publicKey'], deviation),
    });
  }

  describe('who answers is a human, and somebody else than who asks', () => {
    it('no agent, no bearer, no auditor, no owner, nobody outside the group', async () => {
      const asked = await ask(agent);
      const { access_token: own } = await agent.session.mintToken();
      const body = JSON.stringify({ decision: 'deny' });
      const path = `${asking.broker.url}/v1/approvals/${asked.id}/answer`;
      const headers = { authorization: `Bearer ${own}`, 'content-type': 'application/json' };
      expect((await fetch(path, { method: 'POST', headers, body })).status).toBe(403);

      const host = await asking.broker.operator('admin');
      const ids = [asked.id];
      await expect(
        host.call('openApprovalChallenge', { body: { ids, decision: 'approve' } }),
      ).rejects.toMatchObject({ code: 'approval_refused' });
      await expect(
        host.call('answerApproval', { params: { id: asked.id }, body: { decision: 'deny' } }),
      ).rejects.toMatchObject({ code: 'approval_refused' });

      const auditor = await aPerson(asking.broker, { role: 'auditor' });
      expect(await approve(auditor, ids)).toMatchObject({ status: 403 });
      expect(await deny(auditor, asked.id)).toMatchObject({ status: 403 });

      const stranger = await aPerson(asking.broker, { role: 'admin' });
      expect(await approve(stranger, ids)).toMatchObject({ body: { code: 'approval_refused' } });
      expect(await approve(dana, ids)).toMatchObject({
        body: { code: 'approval_refused', detail: expect.stringContaining('own this agent') },
      });
      expect(await stateOf(asked.id)).toBe('pending');
    });

    it('one person is one, by a second session, a second passkey or a second account', async () => {
      const asked = await ask(agent, { purpose: 'x' }, [ASKED_OF_TWO]);
      expect((await approve(asking.omar, [asked.id])).status).toBe(200);
      await asking.omar.signIn();
      expect(await approve(asking.omar, [asked.id])).toMatchObject({ status: 403 });

      // Both challenges were handed out before either was answered.
      const other = await ask(agent, { purpose: 'x' }, [ASKED_OF_TWO]);
      const begun = [await begin(asking.omar, [other.id]), await begin(asking.omar, [other.id])];
      const answers = await Promise.all(begun.map((one) => finish(asking.omar, one)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);

      // Another account that the identity provider says is the same person.
      const rosa = await aPerson(asking.broker, { email: 'rosa@example.com', role: 'approver' });
      await asking.broker.store.asSuperuser(
        `update countersign.operators set oidc_iss = 'https://idp', oidc_groups = '{}',
           oidc_sub = case id when $1 then 'one' else 'two' end where id in ($1, $2)`,
        [asking.omar.id, rosa.id],
      );
      await asking.broker.store.asSuperuser('drop index countersign.operators_oidc');
      await asking.broker.store.asSuperuser(
        `update countersign.operators set oidc_sub = 'one' where id = $1`,
        [rosa.id],
      );
      expect(await approve(rosa, [other.id])).toMatchObject({
        status: 403,
        body: { detail: expect.stringContaining('another account') },
      });
      expect(await stateOf(other.id)).toBe('pending');
      // And as two persons, whom the provider vouches for, they are two.
      await asking.broker.store.asSuperuser(
        `update countersign.operators set oidc_sub = 'two' where id = $1`,
        [rosa.id],
      );
      expect((await approve(rosa, [other.id])).body).toMatchObject({
        items: [{ state: 'approved' }],
      });
    });

    it('an admin makes no quorum of those he invited himself, and the card says so', async () => {
      const fresh = await openAsking();
      try {
        const first = await aPerson(fresh.broker, {
          email: 'rosa@example.com',
          invitedBy: fresh.ines,
        });
        await fresh.ines.stepUp();
        await fresh.ines.done('DELETE', `/v1/operators/${fresh.omar.id}`);
        const asked = await ask(await fresh.agent(), { purpose: 'x' }, [ASKED_OF_TWO]);
        await approve(fresh.ines, [asked.id]);
        expect((await approve(first, [asked.id])).body).toMatchObject({
          items: [{ state: 'pending', requirements: [{ have: 1, count: 2, can_be_met: false }] }],
        });
      } finally {
        await fresh.stop();
      }
    });
  });

  describe('a signature is over exactly this, by this person, now, once', () => {
    const other = Buffer.alloc(32, 7).toString('base64url');
    it.each<[string, Deviation]>([
      ['without user verification', { userVerified: false }],
      ['without user presence', { userPresent: false }],
      ['from another origin', { origin: 'https://evil.example.com' }],
      ['from a subdomain', { origin: 'http://sub.localhost' }],
      ['for another host', { rpId: 'evil.example.com' }],
      ['of another challenge', { challenge: other }],
      ['of a registration', { type: 'webauthn.create' }],
      ['from inside a frame of another site', { crossOrigin: true }],
      ['below another site', { topOrigin: 'https://evil.example.com' }],
      ['backed up but not eligible', { backedUp: true }],
      ['suddenly eligible for backup', { backupEligible: true }],
      ['with a changed bit', { badSignature: true }],
      ['by another credential id', { credentialId: other }],
      ["with another user's handle", { userHandle: 'opr_00000000000000000000000000' }],
    ])('refused: %s', async (_, deviation) => {
      const asked = await ask(agent);
      expect(await approve(asking.omar, [asked.id], deviation)).toMatchObject({
        status: 403,
        body: { code: 'approval_refused' },
      });
      expect(await stateOf(asked.id)).toBe('pending');
      await deny(asking.omar, asked.id);
    });

    it("with somebody else's key, or an unregistered one", async () => {
      const asked = await ask(agent);
      const begun = await begin(asking.omar, [asked.id]);
      const { origin } = new URL(asking.broker.config.http.issuer);
      const forged = createAuthenticator(origin);
      const { credentialId } = asking.omar.passkey;
      for (const key of [asking.ines.passkey, forged]) {
        const answer = await asking.omar.call('POST', '/v1/approvals/answers', {
          challenge_id: begun['challenge_id'],
          assertion: key.assert(begun['publicKey'], { credentialId }),
        });
        expect(answer).toMatchObject({ status: 403 });
      }
      // Nobody burnt the challenge by failing: the marker comes after the signature.
      expect((await finish(asking.omar, begun)).body).toMatchObject({
        items: [{ state: 'approved' }],
      });
    });

    it('the same assertion for another request, another answer, or again', async () => {
      const [one, two] = [await ask(agent), await ask(agent)];
      const begun = await begin(asking.omar, [one.id]);
      const assertion = asking.omar.passkey.assert(begun['publicKey']);
      const theirs = await begin(asking.omar, [two.id]);
      const at = '/v1/approvals';
      const id = begun['challenge_id'];
      for (const [path, body] of [
        [`${at}/answers`, { challenge_id: theirs['challenge_id'], assertion }],
        [`${at}/${two.id}/answer`, { decision: 'approve', challenge_id: id, assertion }],
        [`${at}/${two.id}/answer`, { decision: 'approve', assertion }],
        [`${at}/${two.id}/answer`, { decision: 'approve' }],
        [`${at}/${one.id}/answer`, { decision: 'deny', challenge_id: id, assertion }],
        [`${at}/answers`, { challenge_id: id }],
      ] as const) {
        expect(await asking.omar.call('POST', path, body), path).toMatchObject({ status: 403 });
      }
      // What was signed as a no is no yes.
      const no = await begin(asking.omar, [two.id], 'deny');
      expect(
        await asking.omar.call('POST', `${at}/${two.id}/answer`, {
          decision: 'approve',
          challenge_id: no['challenge_id'],
          assertion: asking.omar.passkey.assert(no['publicKey']),
        }),
      ).toMatchObject({ status: 403 });
      expect([await stateOf(one.id), await stateOf(two.id)]).toEqual(['pending', 'pending']);
    });

    it('once, of many at the same time, at two brokers', async () => {
      const asked = await ask(agent, { purpose: 'x' }, [ASKED_OF_TWO]);
      const begun = await begin(asking.ines, [asked.id]);
      const body = {
        challenge_id: begun['challenge_id'],
        assertion: asking.ines.passkey.assert(begun['publicKey']),
      };
      const there = createBrowser(twin.url, asking.broker.config.http.issuer);
      for (const [name, value] of asking.ines.browser.cookies) there.cookies.set(name, value);
      there.csrf = asking.ines.browser.csrf;
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          (n % 2 === 0 ? asking.ines.browser : there).call('POST', '/v1/approvals/answers', body),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(9);
    });

    it('from the session that began it, and in time', async () => {
      const asked = await ask(agent);
      const begun = await begin(asking.omar, [asked.id]);
      await asking.omar.signIn();
      expect(await finish(asking.omar, begun)).toMatchObject({ status: 403 });
      const late = await begin(asking.omar, [asked.id]);
      await asking.broker.store.asSuperuser(
        'update countersign.approval_challenges set expires_at = clock_timestamp() where id = $1',
        [late['challenge_id']],
      );
      expect(await finish(asking.omar, late)).toMatchObject({ status: 403 });
      const theirs = await begin(asking.omar, [asked.id]);
      expect(await finish(asking.ines, theirs)).toMatchObject({ status: 403 });
    });
  });

  it('a yes, a no, a withdrawal and the end of time race: one final state, and one entry for it', async () => {
    const events = fc.subarray(['yes', 'no', 'withdraw', 'expire', 'collect', 'close'] as const, {
      minLength: 2,
    });
    await fc.assert(
      fc.asyncProperty(events, fc.boolean(), async (drawn, first) => {
        const asked = await ask(agent);
        if (first) await approve(asking.omar, [asked.id]);
        await Promise.all(drawn.map((event) => happen(event, asked)));
        await asking.broker.composed.broker.approvals.expire();
        const state = String(await stateOf(asked.id));
        const rows = await asking.broker.store.asSuperuser<{ action: string }>(
          `select action from countersign.audit_entries where subject = $1
           and action not in ('approval.requested', 'approval.answered') order by seq`,
          [asked.id],
        );
        const moves = rows.map(({ action }) => action.slice('approval.'.length));
        expect([...FINAL, 'pending']).toContain(state);
        expect(moves.at(-1) ?? 'pending').toBe(state);
        expect(moves.filter((move) => move !== 'approved').length).toBeLessThanOrEqual(1);
        if (moves.includes('used')) expect(moves).toEqual(['approved', 'used']);
        if (moves.includes('denied')) expect(moves).toEqual(['denied']);
      }),
      { numRuns: 12 },
    );
  });

  /** One of the things that may befall an approval; whatever it answers is right. */
  async function happen(event: string, asked: Asked): Promise<unknown> {
    const { store } = asking.broker;
    switch (event) {
      case 'yes':
        return approve(asking.ines, [asked.id]);
      case 'no':
        return deny(asking.omar, asked.id);
      case 'withdraw':
        return asking.ines.call('POST', `/v1/approvals/${asked.id}/withdraw`, {});
      case 'collect':
        return agent.session.collectToken(asked.authReqId).catch(() => undefined);
      case 'close':
        return dana.call('POST', `/v1/tasks/${asked.task}/close`, {});
      default:
        await store.asSuperuser(
          'update countersign.approvals set expires_at = clock_timestamp() where id = $1',
          [asked.id],
        );
        return asking.broker.composed.broker.approvals.expire();
    }
  }

  it("an agent's words stay its words: apart from the facts, whole, and sealed in the audit", async () => {
    const purpose =
      '<img src=x onerror=alert(1)> \u202Eevorppa\u202C approved by Ines; effect: none ' +
      'x'.repeat(300);
    const asked = await ask(agent, { purpose });
    const shown = await asking.ines.done('GET', `/v1/approvals/${asked.id}`);
    expect(shown['words']).toEqual({ purpose });
    const { words: _, ...facts } = shown;
    expect(JSON.stringify(facts)).not.toContain('onerror');
    const rows = await asking.broker.store.asSuperuser<{ detail: string }>(
      `select detail::text as detail from countersign.audit_entries where subject in ($1, $2)`,
      [asked.id, asked.task],
    );
    expect(rows.length).toBeGreaterThanOrEqual(2);
    for (const { detail } of rows) expect(detail).not.toMatch(/onerror|evorppa|Ines/);
    const notices = await asking.broker.store.asSuperuser<{ text: string }>(
      `select n::text as text from countersign.notices n where subject = $1`,
      [asked.id],
    );
    expect(notices).toHaveLength(1);
    expect(notices[0]?.text).not.toMatch(/onerror|evorppa/);
  });

  it('a link carries no authority: whoever has it and nothing else sees and does nothing', async () => {
    const asked = await ask(agent);
    for (const path of ['', '/answer', '/withdraw']) {
      const method = path === '' ? 'GET' : 'POST';
      const answer = await fetch(`${asking.broker.url}/v1/approvals/${asked.id}${path}`, {
        method,
      });
      expect(answer.status).toBe(401);
    }
    const stranger = await asking.agent();
    const { access_token: token } = await stranger.session.mintToken();
    await expect(
      stranger.session.client(token).call('getApproval', { params: { id: asked.id } }),
    ).rejects.toMatchObject({ status: 404 });
    const { items } = await stranger.session.client(token).call('listApprovals');
    expect(items).toEqual([]);
  });

  it('what nobody can look through whole is refused, not cut', async () => {
    const own = asking.broker.composed.broker;
    const asker = await own.agents.find(agent.id);
    if (!asker) throw new Error('no agent');
    await expect(
      requestApproval(own, {
        kind: 'operation',
        agent: asker,
        operation: { sql: 'x'.repeat(200_000) },
        terms: {},
        requirements: [{ rule: 'r', count: 1, groups: ['dba'] }],
        resources: [],
        bundleVersion: own.policy.version() ?? 0,
        card: { effect: 'write', reversibility: 'unknown', plan: [], words: {} },
      }),
    ).rejects.toMatchObject({ code: 'payload_too_large' });
  });

  it('those who wait are bounded, and one flood of them shuts out nobody else', async () => {
    const asked = await ask(agent);
    const { access_token: token } = await agent.session.mintToken();
    const reader = agent.session.client(token);
    const stop = new AbortController();
    const call = { params: { id: asked.id }, query: { wait: 30 }, signal: stop.signal };
    const waits = Array.from({ length: 60 }, () =>
      reader.call('getApproval', call).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    );
    await expect.poll(() => Promise.race([...waits, 'none yet'])).toBe('rate_limited');
    const theirs = await ask(await asking.agent());
    expect(await asking.ines.call('GET', `/v1/approvals/${theirs.id}?wait=1`)).toMatchObject({
      status: 200,
    });
    await deny(asking.omar, asked.id);
    const ends = await Promise.all(waits);
    expect(ends.filter((end) => end === 'answered')).toHaveLength(50);
    stop.abort();
  });
});
