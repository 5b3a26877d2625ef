import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATIENT } from '../standards/wire.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { aPerson } from '../support/people.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
});
afterAll(() => broker.stop());

describe('coming in', () => {
  it('goes from the set-up link to a session', async () => {
    const dana = await aPerson(broker, { email: 'Dana@Example.com', name: 'Dana' });
    const me = await dana.call('GET', '/v1/session');
    expect(me.status).toBe(200);
    expect(me.body).toMatchObject({
      operator: { id: dana.id, name: 'Dana', email: 'dana@example.com', role: 'admin' },
    });
    const erin = await aPerson(broker, { role: 'approver', invitedBy: dana, name: 'Erin' });
    const notices = await broker.store.asSuperuser(
      "select title, recipients from countersign.notices where kind = 'operator.widened'",
    );
    expect(notices).toEqual([
      { title: 'Erin is to be approver, says Dana', recipients: ['dana@example.com'] },
    ]);
    expect((await erin.signIn()).status).toBe(200);
    expect((await erin.stepUp()).status).toBe(200);
    expect((await erin.call('GET', '/v1/operators')).body['items']).toHaveLength(2);
  });
});
