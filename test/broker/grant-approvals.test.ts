import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve, ask, type Asking, deny, openAsking } from '../support/asking.ts';
import { ASKED_OF_TWO } from '../support/asked-bundle.ts';

describe('a grant that persons approve', () => {
  let asking: Asking;
  beforeAll(async () => {
    asking = await openAsking();
  });
  afterAll(() => asking.stop());

  it('asked, answered, collected once', async () => {
    const agent = await asking.agent();
    const asked = await ask(agent);
    expect(asked.members).toMatchObject({ interval: 5 });
    const answer = await approve(asking.omar, [asked.id]);
    expect(answer.body).toMatchObject({ items: [{ id: asked.id, state: 'approved' }] });
    console.log(JSON.stringify(answer.body, null, 1));
    const denied = await ask(agent);
    console.log(await deny(asking.ines, denied.id, 'not today'));
    const two = await ask(agent, undefined, [ASKED_OF_TWO]);
    console.log((await approve(asking.ines, [two.id])).body);
    console.log((await approve(asking.omar, [two.id])).status);
  });
});
