import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve, ask, type Asked, type Asking, deny, openAsking } from '../support/asking.ts';
import type { TestAgent, TestBroker } from '../support/broker.ts';
import { type Answer, mint, PATIENT, partyOf, type Party } from './wire.ts';

const CIBA = 'urn:openid:params:grant-type:ciba';

/** CIBA Core, poll mode: row Q2. */
describe('Q2: collecting what a person approved', () => {
  let asking: Asking;
  let twin: TestBroker;
  let agent: TestAgent;
  let party: Party;
  beforeAll(async () => {
    asking = await openAsking({ overrides: PATIENT });
    twin = await asking.broker.twin(PATIENT);
    agent = await asking.agent();
    party = partyOf(agent);
  });
  afterAll(async () => {
    await twin.stop();
    await asking.stop();
  });

  function poll(authReqId: string, by = party, at: TestBroker = asking.broker): Promise<Answer> {
    return mint(at, by, { grant_type: CIBA, auth_req_id: authReqId });
  }

  function refused(answer: Answer, error: string): void {
    expect({ status: answer.status, error: answer.body['error'] }).toEqual({ status: 400, error });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  }

  /** Lets the time between two polls pass. */
  const wait = ({ id }: Asked, seconds: number) =>
    asking.broker.store.asSuperuser(
      `update countersign.approval_polls set polled_at = polled_at - $2 * interval '1 second'
       where approval_id = $1`,
      [id, seconds],
    );

  it('a request that needs a person says where to wait, for how long and how often to ask', async () => {
    const { members, authReqId, id } = await ask(agent);
    expect(members).toMatchObject({
      approval_id: id,
      approval_uri: `${asking.broker.config.http.issuer}/console/approvals/${id}`,
      interval: 5,
    });
    expect(members['expires_in']).toBeGreaterThan(590);
    // 256 bits, of which the store has the SHA-256 only.
    expect(Buffer.from(authReqId, 'base64url')).toHaveLength(32);
    const rows = await asking.broker.store.asSuperuser<{ sha256: Buffer }>(
      'select sha256 from countersign.approval_polls where approval_id = $1',
      [id],
    );
    expect(rows.map((row) => row.sha256.toString('hex'))).toEqual([
      createHash('sha256').update(authReqId).digest('hex'),
    ]);
    await asking.ines.done('POST', `/v1/approvals/${id}/withdraw`, {});
  });

  it('pending; faster than the interval: slow down, by 5 s each time', async () => {
    const asked = await ask(agent);
    refused(await poll(asked.authReqId), 'authorization_pending');
    for (const interval of [10, 15]) {
      const answer = await poll(asked.authReqId, party, twin);
      refused(answer, 'slow_down');
      expect(answer.body['interval']).toBe(interval);
    }
    await wait(asked, 14);
    refused(await poll(asked.authReqId), 'slow_down');
    await wait(asked, 21);
    refused(await poll(asked.authReqId), 'authorization_pending');
    // An answer is not kept back, however soon it is asked for.
    await deny(asking.omar, asked.id);
    refused(await poll(asked.authReqId), 'access_denied');
  });

  it('late: expired', async () => {
    const asked = await ask(agent);
    await asking.broker.store.asSuperuser(
      'update countersign.approvals set expires_at = clock_timestamp() where id = $1',
      [asked.id],
    );
    refused(await poll(asked.authReqId), 'expired_token');
  });

  it("unknown, malformed, another client's or missing", async () => {
    const asked = await ask(agent);
    await approve(asking.omar, [asked.id]);
    const stranger = partyOf(await asking.agent());
    for (const [id, by] of [
      [asked.authReqId, stranger],
      [`${asked.authReqId}x`, party],
      [asked.id, party],
      ['x'.repeat(4_000), party],
      ["' or true --", party],
    ] as const) {
      refused(await poll(id, by), 'invalid_grant');
    }
    refused(await mint(asking.broker, party, { grant_type: CIBA }), 'invalid_request');
    // What the poll names besides changes nothing about what was approved.
    const answer = await mint(asking.broker, party, {
      grant_type: CIBA,
      auth_req_id: asked.authReqId,
      scope: 'shop-staging:write shop:read',
      authorization_details: '[{"type":"task","purpose":"something else"}]',
    });
    expect(answer.body).toMatchObject({
      token_type: 'Bearer',
      scope: 'shop-staging:read',
      authorization_details: [{ type: 'task', task_id: asked.task }],
    });
    refused(await poll(asked.authReqId), 'invalid_grant');
  });

  it('success exactly once under 50 parallel polls at two brokers', async () => {
    const asked = await ask(agent);
    await approve(asking.omar, [asked.id]);
    const polls = Array.from({ length: 50 }, (_, n) =>
      poll(asked.authReqId, party, n % 2 === 0 ? asking.broker : twin),
    );
    const answers = await Promise.all(polls);
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const answer of answers) if (!won.includes(answer)) refused(answer, 'invalid_grant');
    const [row] = await asking.broker.store.asSuperuser<{ grants: number; used: number }>(
      `select (select count(*)::int from countersign.grants where approval_id = $1) as grants,
         (select count(*)::int from countersign.audit_entries
          where action = 'approval.used' and subject = $1) as used`,
      [asked.id],
    );
    expect(row).toEqual({ grants: 1, used: 1 });
  });
});
