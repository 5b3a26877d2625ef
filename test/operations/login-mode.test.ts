import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn } from '../broker/ground.ts';
import { approve, ask } from '../support/asking.ts';
import type { TestAgent } from '../support/broker.ts';
import { CLEAR, CORRECT, LOGIN_RULES, openStage, type Stage } from './stage.ts';

describe('a login for what persons cannot know beforehand', () => {
  let stage: Stage;
  let agent: TestAgent;
  beforeAll(async () => {
    stage = await openStage({}, LOGIN_RULES);
    agent = await stage.broker.agent();
  });
  afterAll(() => stage.broker.stop());

  const refused = (work: Promise<unknown>) =>
    work.then(
      () => 'done',
      (error: { code: string }) => error.code,
    );

  it('is handed out where a rule says so and persons approved it: one, for rows alone', async () => {
    const asked = await ask(agent, { purpose: 'mend orders' }, [CORRECT]);
    expect((await approve(stage.omar, [asked.id])).status).toBe(200);
    const { access_token: token } = await agent.session.collectToken(asked.authReqId);
    const client = agent.session.client(token);
    const issue = () => client.call('issueLease', { body: { scope: CORRECT } });
    const { credential, lease } = await issue();
    const session = await logIn(String(credential['url']));
    expect((await session.query('update orders set total = 7 where id = 1')).rowCount).toBe(1);
    for (const sql of ['truncate orders', 'drop table orders', 'alter table orders add x int']) {
      expect(await refused(session.query(sql)), sql).toBe('42501');
    }
    await session.end();
    expect(await refused(issue())).toBe('lease_limit');
    await client.call('revokeLease', { params: { id: lease.id } });
  });

  it('never for what destroys', async () => {
    const { client } = await stage.holdOnly(agent, CLEAR);
    const issue = client.call('issueLease', { body: { scope: CLEAR } });
    expect(await refused(issue)).toBe('access_denied');
  });
});
