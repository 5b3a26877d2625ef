import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Broker } from '../../src/broker/context.ts';
import { Secret } from '../../src/domain/secret.ts';
import { noticesJob } from '../../src/jobs/notices.ts';
import { createEmail } from '../../src/notify/email.ts';
import { createSlack } from '../../src/notify/slack.ts';
import { createWebhook } from '../../src/notify/webhook.ts';
import { createJsonCaller } from '../../src/platform/json-caller.ts';
import type { NoticeChannel } from '../../src/ports/notices.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { type MailBox, type Receiver, startMailBox, startReceiver } from '../support/receiver.ts';

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;
const LOGIN = { user: 'broker', password: 'canary-mail-password' };

let hook: Receiver;
let slack: Receiver;
let box: MailBox;
let broker: TestBroker;

beforeAll(async () => {
  [hook, slack, box] = await Promise.all([startReceiver(), startReceiver(), startMailBox(LOGIN)]);
  const networkAllow = [hook.place, slack.place, `127.0.0.1:${box.port}`];
  broker = await startBroker({
    config: {
      networkAllow,
      notify: {
        webhook: { url: new Secret(hook.url), key: new Secret(SECRET) },
        slack: new Secret(slack.url),
        email: {
          url: new Secret(`smtp://${LOGIN.user}:${LOGIN.password}@127.0.0.1:${box.port}`),
          from: 'broker@example.com',
          to: ['oncall@example.com'],
        },
      },
    },
  });
  await broker.apply(SHOP_BUNDLE);
});
afterAll(async () => {
  await broker.stop();
  await Promise.all([hook.close(), slack.close(), box.close()]);
});

describe('a stop is told', () => {
  test('through every channel: signed, with a link, without secrets', async () => {
    const admin = await broker.operator();
    const agent = await broker.agent();
    const body = { agent: agent.name, reason: '<b>runs wild</b> <!channel>' };
    const { stop_id } = await admin.call('revoke', { body });
    await Promise.all([hook.got(1), slack.got(1), box.got(1)]);

    const [posted] = hook.received;
    const sent = JSON.parse(posted?.body ?? '{}');
    expect(sent).toMatchObject({
      type: 'stop.placed',
      data: { subject: stop_id, title: `Stopped: agent ${agent.name}` },
    });
    expect(sent.data.link).toBe(`${broker.url}/console/`);
    const {
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': signature,
    } = posted?.headers ?? {};
    expect(id).toBe(sent.data.id);
    const expected = createHmac('sha256', KEY)
      .update([id, at, posted?.body].join('.'))
      .digest('base64');
    expect(signature).toBe(`v1,${expected}`);
    expect(Math.abs(Date.now() / 1000 - Number(at))).toBeLessThan(300);

    const text: string = JSON.parse(slack.received[0]?.body ?? '{}').text;
    expect(text).toContain('&lt;!channel&gt;');
    expect(text).not.toContain('<!channel>');

    expect(box.mails[0]?.to).toEqual(['oncall@example.com']);
    expect(box.mails[0]?.text).toContain(`Stopped: agent ${agent.name}`);
    expect(broker.log.join('\n')).not.toContain('canary');
  });

  test('its standing is listed, and a test goes through every channel', async () => {
    const admin = await broker.operator();
    await admin.call('testChannels');
    await Promise.all([hook.got(2), slack.got(2), box.got(2)]);
    await expect
      .poll(async () => (await admin.call('listChannels', { query: {} })).items)
      .toEqual([
        expect.objectContaining({ channel: 'email', waiting: 0, given_up: 0 }),
        expect.objectContaining({ channel: 'slack', waiting: 0, given_up: 0 }),
        expect.objectContaining({ channel: 'webhook', waiting: 0, given_up: 0 }),
      ]);
    const auditor = await broker.operator('auditor');
    await expect(auditor.call('testChannels')).rejects.toMatchObject({ code: 'forbidden' });
  });
});

/** The job by itself, over the outbox of a broker that has no channels of its own. */
async function outboxAlone() {
  const alone = await startBroker();
  const { broker: parts } = alone.composed;
  const add = (to: string[] = []) => {
    const id = parts.newId('notice');
    const notice = {
      id,
      kind: 'test' as const,
      subject: 'x',
      title: 't',
      lines: [],
      path: '/console/',
      to,
    };
    return parts.outbox.add(notice).then(() => id);
  };
  const givenUp: string[] = [];
  const jobOf = (
    channels: readonly NoticeChannel[],
    of: Pick<Broker, 'outbox' | 'clock' | 'issuer'> = parts,
  ) => noticesJob({ ...parts, ...of }, channels, 1_000, (_, cause) => givenUp.push(cause));
  const sql = <R extends Record<string, unknown>>(text: string) => alone.store.asSuperuser<R>(text);
  return { alone, parts, add, jobOf, givenUp, sql };
}

describe('the outbox', () => {
  test('tries again what failed, under the same id, and never what arrived', async () => {
    const { alone, add, jobOf, sql } = await outboxAlone();
    const receiver = await startReceiver();
    const caller = createJsonCaller({ networkAllow: [receiver.place] });
    const url = new Secret(receiver.url);
    const job = jobOf([createWebhook({ url, key: new Secret(SECRET) }, caller, Date.now)]);
    receiver.answers.push(503);
    const id = await add();
    await job.run();
    expect(receiver.received).toHaveLength(1);
    // Not due yet.
    await job.run();
    expect(receiver.received).toHaveLength(1);
    const [waiting] = await alone.composed.broker.outbox.standing(['webhook']);
    expect(waiting).toMatchObject({ waiting: 1, lastError: 'it answered 503' });
    await sql('update countersign.notice_deliveries set next_attempt_at = now()');
    await job.run();
    await sql('update countersign.notice_deliveries set next_attempt_at = now()');
    await job.run();
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id, id]);
    await Promise.all([alone.stop(), receiver.close(), caller.close()]);
  });

  test('gives up what is refused for good, and what is a day old', async () => {
    const { alone, add, jobOf, givenUp, sql } = await outboxAlone();
    const receiver = await startReceiver();
    const caller = createJsonCaller({ networkAllow: [receiver.place] });
    const job = jobOf([createSlack(new Secret(receiver.url), caller)]);
    receiver.answers.push(410, 500);
    await add();
    await job.run();
    expect(givenUp).toEqual(['it answered 410']);
    const old = await add();
    // Spread while it was fresh, tried since.
    await alone.composed.broker.outbox.claim(['slack'], 0, 0);
    await sql(
      `update countersign.notices set created_at = now() - interval '25 hours' where id = '${old}'`,
    );
    await job.run();
    expect(givenUp).toEqual(['it answered 410', 'it answered 500']);
    await job.run();
    expect(receiver.received).toHaveLength(2);
    await Promise.all([alone.stop(), receiver.close(), caller.close()]);
  });

  test('is shared by two processes: each notice is claimed once', async () => {
    const { alone, add, jobOf } = await outboxAlone();
    const twin = await alone.twin();
    const seen: string[] = [];
    const channel = {
      name: 'probe',
      send: async ({ id }: { id: string }) => {
        seen.push(id);
        return undefined;
      },
    };
    const ids = await Promise.all(Array.from({ length: 30 }, () => add()));
    const jobs = [jobOf([channel]), jobOf([channel], twin.composed.broker)];
    for (let round = 0; round < 4; round += 1) await Promise.all(jobs.map((job) => job.run()));
    expect([...seen].sort()).toEqual([...ids].sort());
    await Promise.all([twin.stop(), alone.stop()]);
  });

  test('a claim ends with the process that made it', async () => {
    const { alone, add, parts } = await outboxAlone();
    await add();
    const first = await parts.outbox.claim(['probe'], 10, 0);
    const second = await parts.outbox.claim(['probe'], 10, 60_000);
    expect(second.map(({ notice }) => notice.id)).toEqual(first.map(({ notice }) => notice.id));
    expect(second[0]?.attempts).toBe(2);
    expect(await parts.outbox.claim(['probe'], 10, 60_000)).toEqual([]);
    await alone.stop();
  });
});

describe('e-mail', () => {
  const notice = {
    id: 'ntc_1',
    kind: 'test' as const,
    subject: 'x',
    title: 'Two\r\nBcc: eve@example.com',
    lines: ['one'],
    path: '/console/',
    to: ['dana@example.com'],
    createdAt: 0,
  };
  const send = (url: string, allow: string[], to: string[] = []) =>
    createEmail({ url: new Secret(url), from: 'broker@example.com', to }, new Set(allow)).send(
      notice,
      'https://broker.example.com/console/',
      AbortSignal.timeout(10_000),
    );

  test('goes to those it concerns, and no title adds a header', async () => {
    const own = await startMailBox(LOGIN);
    const url = `smtp://${LOGIN.user}:${LOGIN.password}@127.0.0.1:${own.port}`;
    expect(await send(url, [`127.0.0.1:${own.port}`])).toBeUndefined();
    expect(own.mails[0]?.to).toEqual(['dana@example.com']);
    expect(own.mails[0]?.text).not.toMatch(/^Bcc:/m);
    await own.close();
  });

  test('is not sent in the clear where that is not allowed by name', async () => {
    const own = await startMailBox(LOGIN);
    const url = `smtp://${LOGIN.user}:${LOGIN.password}@127.0.0.1:${own.port}`;
    expect(await send(url, [])).toMatchObject({ failure: expect.stringContaining('mail server') });
    expect(own.mails).toEqual([]);
    await own.close();
  });

  test('a wrong password is told without it', async () => {
    const own = await startMailBox(LOGIN);
    const failed = await send(`smtp://broker:canary@127.0.0.1:${own.port}`, [
      `127.0.0.1:${own.port}`,
    ]);
    expect(failed?.failure).toBe('the mail server answered 535');
    await own.close();
  });
});

test('the store writes a notice or nothing: a repeated id is the same notice', async () => {
  const { alone, parts, sql } = await outboxAlone();
  const notice = {
    id: parts.newId('notice'),
    kind: 'test' as const,
    subject: 'x',
    title: 't',
    lines: [],
    path: '/console/',
    to: [],
  };
  await parts.outbox.add(notice);
  await parts.outbox.add({ ...notice, title: 'other' });
  expect(await sql<{ title: string }>('select title from countersign.notices')).toEqual([
    { title: 't' },
  ]);
  await alone.stop();
});
