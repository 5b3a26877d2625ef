import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ground, openGround } from '../broker/ground.ts';

let ground: Ground;

beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.broker.stop());

/** The stream as text, piece by piece. */
async function listen() {
  const admin = await ground.broker.operator();
  const { headers, body } = await admin.stream('events');
  const pieces = body[Symbol.asyncIterator]();
  let text = '';
  return {
    headers,
    /** Reads until the text has it, or the stream ends. */
    async until(part: string): Promise<string> {
      while (!text.includes(part)) {
        const { value, done } = await pieces.next();
        if (done) return text;
        text += Buffer.from(value).toString('utf8');
      }
      return text;
    },
    ended: async () => {
      for (;;) if ((await pieces.next()).done) return true;
    },
  };
}

test('a stop is told to open consoles at once, by kind and id alone', async () => {
  const stream = await listen();
  expect(stream.headers.get('content-type')).toBe('text/event-stream');
  await stream.until('retry:');
  const body = { resource: 'shop-staging', reason: 'canary words' };
  const { stop_id } = await ground.admin.call('revoke', { body });
  const text = await stream.until(String(stop_id));
  expect(text).toContain(`event: stop\ndata: ${JSON.stringify({ kind: 'stop', id: stop_id })}\n\n`);
  expect(text).not.toContain('canary');
});

test('agents hear nothing', async () => {
  const agent = await ground.broker.agent();
  const { access_token } = await agent.session.mintToken({ scopes: [] });
  await expect(agent.session.client(access_token).stream('events')).rejects.toMatchObject({
    code: 'forbidden',
  });
});

test('one operator has a bounded number of streams, and a closed one makes room', async () => {
  const open = await Promise.all(Array.from({ length: 9 }, () => listen()));
  // The stream of the first test is open still.
  await expect(listen()).rejects.toMatchObject({ code: 'rate_limited' });
  await Promise.all(open.map((stream) => stream.until('retry:')));
});

test('a broker that stops ends its streams', async () => {
  const other = await openGround();
  const admin = await other.broker.operator();
  const { body } = await admin.stream('events');
  const reader = body[Symbol.asyncIterator]();
  await reader.next();
  const stopped = other.broker.stop();
  for (;;) if ((await reader.next()).done) break;
  await stopped;
});
