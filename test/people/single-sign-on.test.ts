import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { PATIENT } from '../standards/wire.ts';
import { createAuthenticator } from '../support/authenticator.ts';
import { type Browser, createBrowser } from '../support/browser.ts';
import { freePort, startBroker, type TestBroker } from '../support/broker.ts';
import { SHOP_BUNDLE } from '../support/bundle.ts';
import { chainOf } from '../support/chain.ts';
import { type IdentityProvider, startIdentityProvider } from '../support/identity-provider.ts';
import { aPerson, type Person } from '../support/people.ts';

let provider: IdentityProvider;
let broker: TestBroker;
let dana: Person;

beforeAll(async () => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  provider = await startIdentityProvider(`${issuer}/v1/sign-in/sso/callback`);
  broker = await startBroker({
    overrides: PATIENT,
    config: {
      http: { host: '127.0.0.1', port, issuer, trustedProxies: [] },
      networkAllow: [new URL(provider.issuer).host],
      sso: {
        issuer: provider.issuer,
        clientId: provider.clientId,
        clientSecret: new Secret(provider.clientSecret),
        name: 'Example ID',
        scope: 'openid email profile',
        groupsClaim: 'groups',
        roles: new Map([
          ['console-admins', 'admin'],
          ['dba', 'approver'],
          ['readers', 'auditor'],
        ]),
      },
    },
  });
  await broker.apply({
    ...SHOP_BUNDLE,
    'groups.yaml': 'groups: { dba: { oidc: dba }, owners: { members: [ERIN@example.com] } }\n',
  });
  dana = await aPerson(broker, { email: 'dana@example.com' });
});
afterAll(async () => {
  await broker.stop();
  await provider.close();
});

const url = () => broker.config.http.issuer;
const newBrowser = () => createBrowser(url());
const path = (location: string | null) => (location ?? '').slice(url().length);

/** From the button on the sign-in page to the console; @returns where it ended. */
async function signIn(browser: Browser, change = (callback: string) => callback): Promise<string> {
  const begun = await browser.call('GET', '/v1/sign-in/sso');
  expect(begun.status).toBe(302);
  const back = await provider.visit(begun.headers.get('location') ?? '');
  const ended = await browser.call('GET', path(change(back)));
  expect(ended.status).toBe(302);
  return path(ended.headers.get('location'));
}
async function session(browser: Browser): Promise<Record<string, unknown>> {
  const me = await browser.done('GET', '/v1/session');
  browser.csrf = String(me['csrf']);
  return me;
}
const REFUSED = '/console/?sign_in=refused';
const refused = async (browser: Browser, change?: (callback: string) => string) => {
  expect(await signIn(browser, change)).toBe(REFUSED);
  expect((await browser.call('GET', '/v1/session')).status).toBe(401);
};

beforeEach(() => {
  provider.account = {
    sub: 'erin-1',
    email: 'erin@example.com',
    email_verified: true,
    name: 'Erin Ode',
    groups: ['staff', 'dba'],
  };
});

describe('single sign-on', () => {
  it('brings in whoever the groups give a role, as that person', async () => {
    const browser = newBrowser();
    const { body } = await browser.call('GET', '/v1/sign-in/options');
    expect(body['sso']).toEqual({ name: 'Example ID' });
    expect(await signIn(browser)).toBe('/console/');
    const me = await session(browser);
    expect(me['operator']).toMatchObject({
      name: 'Erin Ode',
      email: 'erin@example.com',
      role: 'approver',
      groups: ['dba', 'owners'],
    });
    const [first] = await broker.composed.broker.operators.active().then((all) => all.slice(-1));
    expect(first).toMatchObject({
      roleFromSso: true,
      oidc: { iss: provider.issuer, sub: 'erin-1', groups: ['staff', 'dba'] },
    });
    const actions = (await chainOf(broker.composed)).slice(-2).map(({ action }) => action);
    expect(actions).toEqual(['operator.joined', 'operator.signed_in']);
    const [row] = await broker.store.asSuperuser<{ method: string }>(
      'select method from countersign.sessions order by id desc limit 1',
    );
    expect(row?.method).toBe('sso');
  });

  it('takes over the role and the groups at each sign-in; an admin cannot set them', async () => {
    provider.account = { ...provider.account, groups: ['console-admins', 'dba'] };
    const browser = newBrowser();
    await signIn(browser);
    const { id, role } = (await session(browser))['operator'] as { id: string; role: string };
    expect(role).toBe('admin');
    const set = await dana.call('POST', `/v1/operators/${id}/role`, { role: 'auditor' });
    expect(set.status).toBe(409);
    provider.account = { ...provider.account, groups: ['readers'] };
    await signIn(newBrowser());
    // The session from before has the new role too.
    expect((await session(browser))['operator']).toMatchObject({
      role: 'auditor',
      groups: ['owners'],
    });
    provider.account = { ...provider.account, groups: ['staff'] };
    await refused(newBrowser());
  });

  it('lets a first passkey be registered on it, and is then no step-up; the passkey alone opens nothing', async () => {
    provider.account = { ...provider.account, sub: 'fay', email: 'fay@example.com' };
    const browser = newBrowser();
    await signIn(browser);
    await session(browser);
    const key = createAuthenticator(url());
    const begun = await browser.done('POST', '/v1/passkeys/challenges', {});
    const attestation = key.attest(begun['publicKey']);
    const { ceremony_id } = begun;
    await browser.done('POST', '/v1/passkeys', { ceremony_id, attestation });
    const again = newBrowser();
    await signIn(again);
    await session(again);
    const second = await again.call('POST', '/v1/passkeys/challenges', {});
    expect([second.status, second.body['code']]).toEqual([403, 'step_up_required']);
    const stepUp = await again.done('POST', '/v1/session/step-up/challenges', {});
    const up = await again.call('POST', '/v1/session/step-up', {
      ceremony_id: stepUp['ceremony_id'],
      assertion: key.assert(stepUp['publicKey']),
    });
    expect(up.status).toBe(200);
    const alone = newBrowser();
    const challenge = await alone.done('POST', '/v1/sign-in/challenges', {});
    const passkeyOnly = await alone.call('POST', '/v1/sign-in', {
      ceremony_id: challenge['ceremony_id'],
      assertion: key.assert(challenge['publicKey']),
    });
    expect(passkeyOnly.status).toBe(401);
  });

  it('is another way in for whoever was invited, with the role given here', async () => {
    const gil = await aPerson(broker, {
      role: 'auditor',
      email: 'gil@example.com',
      invitedBy: dana,
    });
    provider.account = { sub: 'gil', email: 'Gil@Example.com', email_verified: true };
    const browser = newBrowser();
    expect(await signIn(browser)).toBe('/console/');
    expect((await session(browser))['operator']).toMatchObject({ id: gil.id, role: 'auditor' });
    // Another account there with the same address is somebody else.
    provider.account = { ...provider.account, sub: 'gil-2', groups: ['console-admins'] };
    await refused(newBrowser());
    expect((await gil.signIn()).status).toBe(200);
  });

  it('keeps out whoever was invited once the invitation is over', async () => {
    const invitation = { name: 'Ivo', email: 'ivo@example.com', role: 'admin' };
    await dana.done('POST', '/v1/operators', invitation);
    await broker.store.asSuperuser(
      'update countersign.links set expires_at = clock_timestamp() where ended_at is null',
    );
    provider.account = { sub: 'ivo', email: 'ivo@example.com', email_verified: true };
    await refused(newBrowser());
  });

  it('keeps out whoever was removed, until invited again', async () => {
    provider.account = { ...provider.account, sub: 'hal', email: 'hal@example.com' };
    const browser = newBrowser();
    await signIn(browser);
    const { id } = (await session(browser))['operator'] as { id: string };
    await dana.done('DELETE', `/v1/operators/${id}`);
    expect((await browser.call('GET', '/v1/session')).status).toBe(401);
    await refused(newBrowser());
    const invitation = { name: 'Hal', email: 'hal@example.com', role: 'auditor' };
    await dana.done('POST', '/v1/operators', invitation);
    const back = newBrowser();
    expect(await signIn(back)).toBe('/console/');
    expect((await session(back))['operator']).toMatchObject({ role: 'auditor' });
  });
});

describe('single sign-on refuses', () => {
  it.each([
    ['an address that is not verified', { email_verified: false }],
    ['no word on whether it is verified', { email_verified: undefined }],
    ['no address', { email: undefined }],
    ['groups that are no list of names', { groups: { dba: true } }],
    ['no groups', { groups: undefined }],
    [
      'the address of another operator, unverified',
      { email: 'dana@example.com', email_verified: false },
    ],
  ])('%s', async (_what, change) => {
    const given = Object.entries({ ...provider.account, sub: `x${Math.random()}`, ...change });
    provider.account = Object.fromEntries(
      given.filter(([, value]) => value !== undefined),
    ) as unknown as typeof provider.account;
    await refused(newBrowser());
  });

  it.each<readonly [string, (callback: string) => string]>([
    ['another state', (at) => at.replace(/state=[^&]+/, 'state=cer_x.y')],
    ['no state', (at) => at.replace(/state=[^&]+/, '')],
    ['a state with another challenge', (at) => at.replace(/(state=[^.&]+\.)[^&]+/, '$1x')],
    ['another code', (at) => at.replace(/code=[^&]+/, 'code=x')],
    [
      'another issuer (RFC 9207)',
      (at) => at.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fevil.example'),
    ],
    ['no issuer', (at) => at.replace(/&?iss=[^&]+/, '')],
    ["the provider's no", (at) => at.replace(/code=[^&]+/, 'error=access_denied')],
  ])('%s', async (_what, change) => {
    await refused(newBrowser(), change);
  });

  it('an answer in another browser, and one that was used', async () => {
    const [mine, other] = [newBrowser(), newBrowser()];
    const begun = await mine.call('GET', '/v1/sign-in/sso');
    const back = path(await provider.visit(begun.headers.get('location') ?? ''));
    await other.call('GET', '/v1/sign-in/sso');
    const stolen = await other.call('GET', back);
    expect(path(stolen.headers.get('location'))).toBe(REFUSED);
    const good = await mine.call('GET', back);
    expect(path(good.headers.get('location'))).toBe('/console/');
    const again = await mine.call('GET', back);
    expect(path(again.headers.get('location'))).toBe(REFUSED);
  });

  it('with a reason in the log, and no code, state or secret in it', async () => {
    broker.log.length = 0;
    await refused(newBrowser(), (at) => at.replace(/code=[^&]+/, 'code=some-code-here'));
    const log = broker.log.join('');
    expect(log).toContain('sign-in refused');
    expect(log).toContain('invalid_grant');
    expect(log).not.toMatch(/some-code-here|cer_[0-9a-z]{26}\./);
    expect(log).not.toContain(provider.clientSecret);
  });
});

it('a provider on a private address that is not listed is not called', async () => {
  const { sso } = broker.config;
  const closed = await startBroker({
    overrides: PATIENT,
    config: { networkAllow: [], ...(sso ? { sso } : {}) },
  });
  try {
    const answer = await createBrowser(closed.url).call('GET', '/v1/sign-in/sso');
    expect([answer.status, answer.body['code']]).toEqual([401, 'sign_in_refused']);
    expect(closed.log.join('')).toContain('COUNTERSIGN_NETWORK_ALLOW');
  } finally {
    await closed.stop();
  }
});
