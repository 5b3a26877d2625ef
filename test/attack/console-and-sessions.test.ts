import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueOperatorToken } from '../../src/broker/operator-token.ts';
import { issueSetUpLink } from '../../src/broker/links.ts';
import { ask, PATIENT } from '../standards/wire.ts';
import { createAuthenticator } from '../support/authenticator.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { chainOf } from '../support/chain.ts';
import { aPerson, type Person } from '../support/people.ts';

let broker: TestBroker;
let twin: TestBroker;
let dana: Person;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  await broker.apply(SHOP_BUNDLE);
  twin = await broker.twin(PATIENT);
  dana = await aPerson(broker, { email: 'dana@example.com' });
});
afterAll(async () => {
  await twin.stop();
  await broker.stop();
});

const SESSION = '__Host-countersign';
const origin = () => new URL(broker.config.http.issuer).origin;
const newBrowser = (at = broker) => createBrowser(at.url, broker.config.http.issuer);
const newBrowserOf = (at: TestBroker) => createBrowser(at.url, at.config.http.issuer);
const cookieHeader = (browser: Browser) => [...browser.cookies].map((p) => p.join('=')).join('; ');
const statusOf = async (person: Person) => (await person.call('GET', '/v1/session')).status;
const invite = async (by: Person, role = 'approver') => {
  const email = `${randomBytes(4).toString('hex')}@example.com`;
  const body = { name: 'Erin', email, role };
  const { invitation } = await by.done('POST', '/v1/operators', body);
  const secret = new URL((invitation as { url: string }).url).hash.slice(1);
  return { secret, name: 'Erin', email };
};
interface Begun {
  readonly ceremony_id: string;
  readonly publicKey: unknown;
}
const register = async (browser: Browser, link: object) =>
  (await browser.done('POST', '/v1/links/registrations', link)) as unknown as Begun;
const signInStart = async (browser: Browser) =>
  (await browser.done('POST', '/v1/sign-in/challenges', {})) as unknown as Begun;

describe('set-up', () => {
  it('closed with the first passkey: no link is made, and an old one opens nothing', async () => {
    expect(await issueSetUpLink(broker.composed.broker)).toBeUndefined();
    const { body } = await newBrowser().call('GET', '/v1/sign-in/options');
    expect(body).toMatchObject({ passkey: true, set_up: false });
  });

  it('takes one of ten who open the same link at once, on two processes', async () => {
    const fresh = await startBroker({ overrides: PATIENT });
    const beside = await fresh.twin(PATIENT);
    try {
      const old = await issueSetUpLink(fresh.composed.broker);
      const link = await issueSetUpLink(fresh.composed.broker);
      const secretOf = (one: typeof link) => new URL(one?.url.reveal() ?? '').hash.slice(1);
      const withdrawn = await newBrowser(fresh).call('POST', '/v1/links/open', {
        secret: secretOf(old),
      });
      // Another issuer's origin is refused before anything is looked up.
      expect(withdrawn.status).toBe(403);
      const secret = secretOf(link);
      const runners = Array.from({ length: 10 }, (_, n) =>
        createBrowser(n % 2 === 0 ? fresh.url : beside.url, fresh.config.http.issuer),
      );
      const gone = await runners[0]?.call('POST', '/v1/links/open', { secret: secretOf(old) });
      expect([gone?.status, gone?.body['code']]).toEqual([410, 'link_invalid']);
      // All have begun before the first one ends it: the race is about who ends it.
      const begun = await Promise.all(
        runners.map((browser, n) => {
          const person = { secret, name: `N${n}`, email: `n${n}@example.com` };
          return browser.done('POST', '/v1/links/registrations', person);
        }),
      );
      const statuses = await Promise.all(
        runners.map(async (browser, n) => {
          const key = createAuthenticator(new URL(fresh.config.http.issuer).origin);
          const accepted = await browser.call('POST', '/v1/links/accept', {
            secret,
            ceremony_id: begun[n]?.['ceremony_id'],
            attestation: key.attest(begun[n]?.['publicKey']),
          });
          return accepted.status;
        }),
      );
      expect(statuses.toSorted()).toEqual([200, ...Array<number>(9).fill(410)]);
      const rows = await fresh.store.asSuperuser('select state, role from countersign.operators');
      expect(rows).toEqual([{ state: 'active', role: 'admin' }]);
    } finally {
      await beside.stop();
      await fresh.stop();
    }
  });
});

it('a set-up link that nobody used closes when the first admin came by an invitation', async () => {
  const fresh = await startBroker({ overrides: PATIENT });
  try {
    const setUp = await issueSetUpLink(fresh.composed.broker);
    const secret = new URL(setUp?.url.reveal() ?? '').hash.slice(1);
    const waiting = newBrowserOf(fresh);
    const begun = await register(waiting, { secret, name: 'Eve', email: 'eve@example.com' });
    const dana = { name: 'Dana', email: 'dana@example.com', role: 'admin' } as const;
    const invited = await (await fresh.operator()).call('inviteOperator', { body: dana });
    const link = new URL(invited.invitation.url).hash.slice(1);
    const at = new URL(fresh.config.http.issuer).origin;
    const accept = (browser: Browser, from: string, { ceremony_id, publicKey }: Begun) =>
      browser.call('POST', '/v1/links/accept', {
        secret: from,
        ceremony_id,
        attestation: createAuthenticator(at).attest(publicKey),
      });
    const first = newBrowserOf(fresh);
    const { name, email } = dana;
    const start = await register(first, { secret: link, name, email });
    expect((await accept(first, link, start)).status).toBe(200);
    expect((await accept(waiting, secret, begun)).body['code']).toBe('link_invalid');
    expect((await waiting.call('POST', '/v1/links/open', { secret })).status).toBe(410);
  } finally {
    await fresh.stop();
  }
});

describe('an invitation', () => {
  it('works once, in the browser that began, for the invited address', async () => {
    const link = await invite(dana);
    const [first, second] = [newBrowser(), newBrowser(twin)];
    const other = await first.call('POST', '/v1/links/registrations', {
      ...link,
      email: 'mallory@example.com',
    });
    expect([other.status, other.body['field']]).toEqual([400, 'email']);
    const begun = await register(first, link);
    const key = createAuthenticator(origin());
    const accept = (browser: Browser) =>
      browser.call('POST', '/v1/links/accept', {
        secret: link.secret,
        ceremony_id: begun.ceremony_id,
        attestation: key.attest(begun.publicKey),
      });
    expect((await accept(second)).body['code']).toBe('passkey_refused');
    const answers = await Promise.all([accept(first), accept(first), accept(first)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await first.call('POST', '/v1/links/open', { secret: link.secret })).status).toBe(410);
  });

  it('says one thing of every link that is good for nothing', async () => {
    const withdrawn = await invite(dana);
    const { items } = (await dana.done('GET', '/v1/operators')) as {
      items: { id: string; email: string }[];
    };
    const id = items.find(({ email }) => email === withdrawn.email)?.id ?? '';
    await dana.done('DELETE', `/v1/operators/${id}`);
    const expired = await invite(dana);
    await broker.store.asSuperuser(
      `update countersign.links set expires_at = clock_timestamp() - interval '1 second' where sha256 = $1`,
      [createHash('sha256').update(expired.secret).digest()],
    );
    const texts = new Set<string>();
    for (const secret of [withdrawn.secret, expired.secret, 'cst_ln_never', '', 'x'.repeat(100)]) {
      const { status, body } = await newBrowser().call('POST', '/v1/links/open', { secret });
      const { request_id: _, ...rest } = body;
      texts.add(JSON.stringify([status, rest]));
    }
    expect(texts.size).toBe(1);
  });

  it.each<[string, (admin: Person) => Promise<unknown>]>([
    ['is removed', (admin) => dana.done('DELETE', `/v1/operators/${admin.id}`)],
    [
      'is no admin any more',
      (admin) => dana.done('POST', `/v1/operators/${admin.id}/role`, { role: 'approver' }),
    ],
  ])('opens nothing once whoever made it %s', async (_what, lower) => {
    const mallory = await aPerson(broker, { role: 'admin', invitedBy: dana });
    const link = await invite(mallory, 'admin');
    await lower(mallory);
    const answer = await newBrowser().call('POST', '/v1/links/open', { secret: link.secret });
    expect([answer.status, answer.body['code']]).toEqual([410, 'link_invalid']);
  });

  it('keeps its secret out of the store and the log', async () => {
    const { secret } = await invite(dana);
    await newBrowser().call('POST', '/v1/links/open', { secret });
    expect(broker.log.join('')).not.toContain(secret.slice(7));
    const [row] = await broker.store.asSuperuser<{ text: string }>(
      'select string_agg(l::text, $1) as text from countersign.links l',
      [' '],
    );
    expect(row?.text).not.toContain(secret);
  });
});

describe('a challenge', () => {
  it('is answered once, in parallel and on two processes', async () => {
    const here = newBrowser();
    const { ceremony_id, publicKey } = await signInStart(here);
    const there = newBrowser(twin);
    for (const pair of here.cookies) there.cookies.set(...pair);
    const assertion = dana.passkey.assert(publicKey);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        (n % 2 === 0 ? here : there).call('POST', '/v1/sign-in', { ceremony_id, assertion }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      200,
      ...Array<number>(9).fill(401),
    ]);
  });

  it('is not answered from another browser, which does not burn it', async () => {
    const here = newBrowser();
    const { ceremony_id, publicKey } = await signInStart(here);
    const assertion = dana.passkey.assert(publicKey);
    const stolen = newBrowser();
    await signInStart(stolen);
    expect((await stolen.call('POST', '/v1/sign-in', { ceremony_id, assertion })).status).toBe(401);
    expect((await here.call('POST', '/v1/sign-in', { ceremony_id, assertion })).status).toBe(200);
  });

  it('is good for its own ceremony and session only', async () => {
    const erin = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const mine = await dana.done('POST', '/v1/session/step-up/challenges', {});
    const answer = (person: Person, path: string) =>
      person.call('POST', path, {
        ceremony_id: mine['ceremony_id'],
        assertion: person.passkey.assert(mine['publicKey']),
      });
    expect((await answer(dana, '/v1/sign-in')).status).toBe(401);
    expect((await answer(erin, '/v1/session/step-up')).status).toBe(401);
    expect((await answer(dana, '/v1/session/step-up')).status).toBe(200);
    // As one of another kind it was not even found; as this kind, it is used up now.
    expect((await answer(dana, '/v1/session/step-up')).status).toBe(401);
    // Two kinds of the same session: the challenge of one is none of the other.
    const begun = await dana.done('POST', '/v1/session/step-up/challenges', {});
    const registered = await dana.call('POST', '/v1/passkeys', {
      ceremony_id: begun['ceremony_id'],
      attestation: createAuthenticator(origin()).attest(begun['publicKey']),
    });
    expect([registered.status, registered.body['code']]).toEqual([400, 'passkey_refused']);
  });

  it('expires by the clock of the store', async () => {
    const here = newBrowser();
    const { ceremony_id, publicKey } = await signInStart(here);
    await broker.store.asSuperuser(
      `update countersign.ceremonies set expires_at = clock_timestamp() where id = $1`,
      [ceremony_id],
    );
    const assertion = dana.passkey.assert(publicKey);
    expect((await here.call('POST', '/v1/sign-in', { ceremony_id, assertion })).status).toBe(401);
  });

  it('cannot be tried twice, even wrongly', async () => {
    const here = newBrowser();
    const { ceremony_id, publicKey } = await signInStart(here);
    const wrong = dana.passkey.assert(publicKey, { badSignature: true });
    const right = dana.passkey.assert(publicKey);
    const send = (assertion: object) =>
      here.call('POST', '/v1/sign-in', { ceremony_id, assertion });
    expect((await send(wrong)).status).toBe(401);
    expect((await send(right)).status).toBe(401);
  });
});

describe('the session cookie', () => {
  it('belongs to this host alone, is out of reach of scripts and other sites, and is kept as a hash', async () => {
    const answer = await dana.signIn();
    const [line = ''] = answer.headers
      .getSetCookie()
      .filter((one) => one.startsWith(`${SESSION}=`));
    const attributes = line.split('; ').slice(1).toSorted();
    expect(attributes).toEqual([
      'HttpOnly',
      'Max-Age=43200',
      'Path=/',
      'SameSite=Strict',
      'Secure',
    ]);
    const secret = dana.browser.cookies.get(SESSION) ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    const [row] = await broker.store.asSuperuser<{ text: string }>(
      'select string_agg(s::text, $1) as text from countersign.sessions s',
      [' '],
    );
    expect(row?.text).toContain(createHash('sha256').update(secret).digest('hex'));
    expect(row?.text).not.toContain(secret);
    expect(broker.log.join('')).not.toContain(secret);
    expect(JSON.stringify(await chainOf(broker.composed))).not.toContain(secret);
  });

  it('is another after each sign-in and step-up; the old one is dead at once, everywhere', async () => {
    for (const renew of [dana.signIn, dana.stepUp]) {
      const old = dana.browser.cookies.get(SESSION) ?? '';
      expect((await renew()).status).toBe(200);
      expect(dana.browser.cookies.get(SESSION)).not.toBe(old);
      const answer = await ask(`${twin.url}/v1/session`, {
        headers: { cookie: `${SESSION}=${old}` },
      });
      expect([answer.status, answer.body['code']]).toEqual([401, 'session_ended']);
      expect(answer.headers.getSetCookie().join()).toContain(`${SESSION}=; `);
    }
  });

  it('planted beforehand gains nothing', async () => {
    const planted = randomBytes(32).toString('base64url');
    const browser = newBrowser();
    browser.cookies.set(SESSION, planted);
    const { ceremony_id, publicKey } = await signInStart(browser);
    const assertion = dana.passkey.assert(publicKey);
    await browser.done('POST', '/v1/sign-in', { ceremony_id, assertion });
    expect(browser.cookies.get(SESSION)).not.toBe(planted);
    const answer = await ask(`${broker.url}/v1/session`, {
      headers: { cookie: `${SESSION}=${planted}` },
    });
    expect(answer.status).toBe(401);
  });

  it.each(['', 'x', 'null', '"quoted"', 'a'.repeat(43), 'a'.repeat(4000)])(
    '%j opens nothing',
    async (value) => {
      const answer = await ask(`${broker.url}/v1/session`, {
        headers: { cookie: `${SESSION}=${value}` },
      });
      expect([401, 400]).toContain(answer.status);
    },
  );

  it('sent twice, or beside a bearer, is refused', async () => {
    const cookie = cookieHeader(dana.browser);
    const twice = await ask(`${broker.url}/v1/session`, {
      headers: { cookie: `${cookie}; ${SESSION}=${'a'.repeat(43)}` },
    });
    expect(twice.status).toBe(400);
    const request = { role: 'admin', ttlSeconds: 60, breakGlass: 'a test' } as const;
    const { token } = await issueOperatorToken(broker.composed.broker, request);
    for (const authorization of [`Bearer ${token.reveal()}`, 'Bearer x', 'Basic eDp4', '']) {
      const both = await ask(`${broker.url}/v1/agents`, { headers: { cookie, authorization } });
      expect([authorization, both.status]).toEqual([authorization, 400]);
    }
  });

  it('ends when it is idle, and in the end', async () => {
    const erin = await aPerson(broker, { role: 'auditor', invitedBy: dana });
    const age = (set: string) =>
      broker.store.asSuperuser(
        `update countersign.sessions set ${set} where operator_id = $1 and ended_at is null`,
        [erin.id],
      );
    await age(`seen_at = clock_timestamp() - interval '29 minutes'`);
    expect(await statusOf(erin)).toBe(200);
    await age(`seen_at = seen_at - interval '29 minutes'`);
    expect(await statusOf(erin)).toBe(200);
    await age(`seen_at = clock_timestamp() - interval '31 minutes'`);
    expect(await statusOf(erin)).toBe(401);
    await erin.signIn();
    await age(`expires_at = clock_timestamp()`);
    expect(await statusOf(erin)).toBe(401);
  });
});

describe('a request from elsewhere', () => {
  const send = (headers: Record<string, string>, method = 'DELETE', path = '/v1/session') =>
    ask(`${broker.url}${path}`, {
      method,
      headers: {
        cookie: cookieHeader(dana.browser),
        ...headers,
        ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
  const csrf = () => dana.browser.csrf ?? '';
  it.each([
    ['without origin', () => ({ 'x-csrf-token': csrf() })],
    ['of another origin', () => ({ origin: 'https://evil.example', 'x-csrf-token': csrf() })],
    ['of no origin', () => ({ origin: 'null', 'x-csrf-token': csrf() })],
    ['of a port beside', () => ({ origin: 'http://localhost:1', 'x-csrf-token': csrf() })],
    [
      'of an origin that begins alike',
      () => ({ origin: `${origin()}.evil.example`, 'x-csrf-token': csrf() }),
    ],
    [
      'that the browser calls cross-site',
      () => ({ origin: origin(), 'sec-fetch-site': 'cross-site', 'x-csrf-token': csrf() }),
    ],
    ['without the token', () => ({ origin: origin() })],
    ['with an empty token', () => ({ origin: origin(), 'x-csrf-token': '' })],
    [
      'with another token',
      () => ({ origin: origin(), 'x-csrf-token': randomBytes(32).toString('base64url') }),
    ],
  ] as const)('%s changes nothing', async (_what, headers) => {
    const answer = await send(headers());
    expect([answer.status, answer.body['code']]).toEqual([403, 'csrf_refused']);
    expect(await statusOf(dana)).toBe(200);
  });
  it("with the token of somebody else's session changes nothing", async () => {
    const erin = await aPerson(broker, { role: 'auditor', invitedBy: dana });
    const answer = await send({ origin: origin(), 'x-csrf-token': erin.browser.csrf ?? '' });
    expect(answer.status).toBe(403);
  });
  it('signs nobody in', async () => {
    for (const path of [
      '/v1/sign-in/challenges',
      '/v1/sign-in',
      '/v1/links/open',
      '/v1/links/accept',
    ]) {
      for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null' }]) {
        expect((await send(headers as Record<string, string>, 'POST', path)).status).toBe(403);
      }
    }
  });
  it('as a form is not even read', async () => {
    const answer = await ask(`${broker.url}/v1/sign-in/challenges`, {
      method: 'POST',
      headers: { origin: origin(), 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(answer.status).toBe(415);
  });
});

describe('who may do what', () => {
  it('holds from the next request on: role, removal, session', async () => {
    const erin = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const suspend = () => erin.call('POST', '/v1/agents/nobody/suspend', { reason: 'x' });
    expect((await suspend()).status).toBe(404);
    await dana.done('POST', `/v1/operators/${erin.id}/role`, { role: 'auditor' });
    expect((await suspend()).status).toBe(403);
    const { items } = (await dana.done('GET', `/v1/sessions?operator=${erin.id}`)) as {
      items: { id: string }[];
    };
    expect(items).toHaveLength(1);
    await dana.done('DELETE', `/v1/sessions/${items[0]?.id}`);
    expect(await statusOf(erin)).toBe(401);
    expect((await erin.signIn()).status).toBe(200);
    await dana.done('DELETE', `/v1/operators/${erin.id}`);
    expect(await statusOf(erin)).toBe(401);
    expect((await erin.signIn()).status).toBe(401);
  });

  it('ids of others answer as if they did not exist', async () => {
    const erin = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const { items } = (await dana.done('GET', '/v1/sessions')) as { items: { id: string }[] };
    const foreign = await erin.call('DELETE', `/v1/sessions/${items[0]?.id}`);
    const none = await erin.call('DELETE', `/v1/sessions/ses_${'0'.repeat(26)}`);
    for (const answer of [foreign, none]) {
      expect([answer.status, answer.body['detail']]).toEqual([404, 'Session not found.']);
    }
    expect((await erin.call('GET', `/v1/sessions?operator=${dana.id}`)).status).toBe(404);
    const passkey = await erin.call('DELETE', `/v1/passkeys/${dana.passkey.credentialId}`);
    expect([passkey.status, passkey.body['detail']]).toEqual([404, 'Passkey not found.']);
    expect(await statusOf(dana)).toBe(200);
  });

  it('needs a passkey again after five minutes for what widens', async () => {
    const body = {
      name: 'X',
      email: `${randomBytes(4).toString('hex')}@example.com`,
      role: 'auditor',
    };
    await broker.store.asSuperuser(
      `update countersign.sessions set stepped_up_at = clock_timestamp() - interval '301 seconds'
       where operator_id = $1`,
      [dana.id],
    );
    const refused = await dana.call('POST', '/v1/operators', body);
    expect([refused.status, refused.body['code']]).toEqual([403, 'step_up_required']);
    expect((await dana.call('GET', '/v1/session')).body['stepped_up_until']).toBeNull();
    await dana.stepUp();
    expect((await dana.call('POST', '/v1/operators', body)).status).toBe(201);
  });

  it('a bearer is no person: no session, no passkey, no step-up', async () => {
    const client = await broker.operator();
    for (const call of ['getSession', 'listPasskeys', 'listSessions'] as const) {
      await expect(client.call(call)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });
});

describe('the last admin', () => {
  it('cannot be removed, lowered or left without a passkey; two who remove each other leave one', async () => {
    const fresh = await startBroker({ overrides: PATIENT });
    try {
      const [ada, ben] = [await aPerson(fresh), await aPerson(fresh)];
      const remove = (by: Person, whom: Person) => by.call('DELETE', `/v1/operators/${whom.id}`);
      const both = await Promise.all([remove(ada, ben), remove(ben, ada)]);
      expect(both.map(({ status }) => status).toSorted()[0]).toBe(204);
      const left = (await statusOf(ada)) === 200 ? ada : ben;
      expect(await statusOf(left)).toBe(200);
      expect((await remove(left, left)).status).toBe(409);
      const own = await left.call('DELETE', `/v1/passkeys/${left.passkey.credentialId}`);
      expect([own.status, own.body['code']]).toEqual([409, 'conflict']);
      const host = await fresh.operator();
      const lower = host.call('setOperatorRole', {
        params: { id: left.id },
        body: { role: 'auditor' },
      });
      await expect(lower).rejects.toMatchObject({ code: 'conflict' });
    } finally {
      await fresh.stop();
    }
  });
});

describe('an operator token', () => {
  it('needs a reason once an operator has a passkey, and every session shows it', async () => {
    const { broker: verbs } = broker.composed;
    const request = { role: 'admin', ttlSeconds: 60 } as const;
    await expect(issueOperatorToken(verbs, request)).rejects.toMatchObject({ code: 'conflict' });
    const breakGlass = 'the phone is in the lake';
    await issueOperatorToken(verbs, { ...request, breakGlass });
    const { body } = await dana.call('GET', '/v1/session');
    expect(body['break_glass']).toMatchObject({ reason: breakGlass });
    const last = (await chainOf(broker.composed)).at(-1);
    expect(last).toMatchObject({ action: 'operator_token.break_glass', actor: 'opr_host' });
    expect(JSON.stringify(last)).not.toContain('lake');
  });
});

describe('people who have not signed in', () => {
  it('are counted before anything is looked up or verified', async () => {
    const tight = await startBroker({
      overrides: PATIENT,
      config: { limits: { leasesPerAgent: 50, agentRate: 5_000, visitRate: 20 } },
    });
    try {
      const browser = createBrowser(tight.url, tight.config.http.issuer);
      const answers = await Promise.all(
        Array.from({ length: 60 }, () => browser.call('POST', '/v1/sign-in/challenges', {})),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(20);
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(40);
      expect(refused[0]?.headers.get('retry-after')).toBe('60');
      const [row] = await tight.store.asSuperuser<{ n: number }>(
        'select count(*)::int as n from countersign.ceremonies',
      );
      expect(row?.n).toBe(20);
    } finally {
      await tight.stop();
    }
  });
});
