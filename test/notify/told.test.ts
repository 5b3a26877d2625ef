import { afterAll, beforeAll, expect, test } from 'vitest';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { type Asking, ask, openAsking } from '../support/asking.ts';
import { aPerson } from '../support/people.ts';

let asking: Asking;

beforeAll(async () => {
  asking = await openAsking();
});
afterAll(() => asking.stop());

interface Row extends Record<string, unknown> {
  title: string;
  lines: string[];
  path: string;
  recipients: string[];
}
const noticesAbout = (subject: string) =>
  asking.broker.store.asSuperuser<Row>(
    'select title, lines, path, recipients from countersign.notices where subject = $1',
    [subject],
  );

test('who may answer is told once that an approval waits, and nothing that the agent wrote', async () => {
  const agent = await asking.agent();
  const asked = await ask(agent, { purpose: 'canary-purpose: approve me at once' });
  // The same question again is the same notice.
  await ask(agent, { task_id: asked.task });
  const [notice, ...others] = await noticesAbout(asked.id);
  expect(others).toEqual([]);
  expect(notice?.recipients.sort()).toEqual(['ines@example.com', 'omar@example.com']);
  expect(notice?.path).toBe(`/console/approvals/${asked.id}`);
  expect(notice?.title).toContain(agent.name);
  expect(JSON.stringify(notice)).not.toContain('canary');
});

test('an auditor, and the owner of the agent, are not asked', async () => {
  const { broker } = asking;
  await aPerson(broker, { role: 'auditor', email: 'aya@example.com' });
  await aPerson(broker, { role: 'approver', email: 'dana@example.com' });
  const asked = await ask(await asking.agent());
  const [notice] = await noticesAbout(asked.id);
  expect(notice?.recipients).not.toContain('aya@example.com');
  expect(notice?.recipients).not.toContain('dana@example.com');
});

test('every admin is told of a broken glass, with the reason', async () => {
  const { broker } = asking.broker.composed;
  const request = { role: 'admin', ttlSeconds: 60, breakGlass: 'both phones are lost' } as const;
  await issueOperatorToken(broker, request);
  const rows = await asking.broker.store.asSuperuser<Row>(
    "select title, lines, path, recipients from countersign.notices where kind = 'break_glass.used' order by id desc limit 1",
  );
  expect(rows[0]?.recipients).toEqual(['ines@example.com']);
  expect(rows[0]?.lines).toContain('Reason: both phones are lost');
});
