import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthenticator, type Deviation } from '../support/authenticator.ts';
import { startBroker, type TestBroker } from '../support/broker.ts';
import type { BrowserAnswer } from '../support/browser.ts';
import { chainOf } from '../support/chain.ts';
import { aPerson, type Person } from '../support/people.ts';
import { PATIENT } from './wire.ts';

/** WebAuthn Level 3 §7.1 and §7.2: rows WA1 and WA2. */

let broker: TestBroker;
let dana: Person;
let origin: string;

beforeAll(async () => {
  broker = await startBroker({ overrides: PATIENT });
  dana = await aPerson(broker);
  origin = new URL(broker.config.http.issuer).origin;
});
afterAll(() => broker.stop());

const b64 = (text: string) => Buffer.from(text).toString('base64url');
const long = (bytes: number) => randomBytes(bytes).toString('base64url');
const clientData = (change: object) =>
  JSON.stringify({ type: 'webauthn.get', challenge: 'x', origin, crossOrigin: false, ...change });

/** Wrong in either ceremony. */
const ALIKE: readonly (readonly [string, Deviation])[] = [
  ['another challenge', { challenge: long(32) }],
  ['a challenge with padding', { challenge: `${long(32)}=` }],
  ['the other ceremony', { type: 'webauthn.other' }],
  ['another origin', { origin: 'https://evil.example' }],
  ['another port', { origin: 'http://localhost:1' }],
  ['a domain below', { origin: 'http://console.localhost' }],
  ['a sibling domain', { origin: 'http://other.localhost' }],
  ['no scheme', { origin: 'localhost' }],
  ['another RP', { rpId: 'evil.example' }],
  ['an RP below', { rpId: 'console.localhost' }],
  ['a frame of another site', { crossOrigin: true }],
  ['a frame that names its top', { crossOrigin: true, topOrigin: 'https://evil.example' }],
  ['a top without a frame', { topOrigin: 'https://evil.example' }],
  ['nobody present', { userPresent: false }],
  ['nobody verified', { userVerified: false }],
  ['backed up, but not eligible', { backupEligible: false, backedUp: true }],
  ['client data that is no JSON', { clientData: '{' }],
  ['client data that is no object', { clientData: '[]' }],
];

describe('an assertion is refused', () => {
  const refused = async (answer: Promise<BrowserAnswer>) => {
    const { status, body, headers } = await answer;
    expect([status, body['code']]).toEqual([401, 'sign_in_refused']);
    expect(body['detail']).toBe('The sign-in was refused. Start it again.');
    expect(headers.getSetCookie().filter((line) => line.startsWith('__Host-countersign='))).toEqual(
      [],
    );
  };
  const cases: readonly (readonly [string, Deviation])[] = [
    ...ALIKE,
    ['the registration', { type: 'webauthn.create' }],
    ['a signature of other bytes', { badSignature: true }],
    ["somebody else's handle", { userHandle: 'opr_00000000000000000000000000' }],
    ['eligible for backup, unlike at registration', { backupEligible: true }],
    ['an unknown credential', { credentialId: long(16) }],
    ['members twice', { clientData: clientData({}).replace('{', '{"type":"webauthn.get",') }],
  ];
  it.each(cases)('%s', async (_what, deviation) => {
    await refused(dana.signIn(deviation));
    await refused(dana.stepUp(deviation));
  });
  it('a credential id of 1024 bytes', async () => {
    expect((await dana.signIn({ credentialId: long(1024) })).status).toBe(400);
  });
  it.each(['', 'AA', long(15)])(
    'over no challenge of ours (%j), for a ceremony that never was: it would be good for ever',
    async (challenge) => {
      for (const path of ['/v1/sign-in', '/v1/session/step-up']) {
        const assertion = dana.passkey.assert({ challenge, rpId: 'localhost' });
        const ceremony_id = `cer_${'0'.repeat(26)}`;
        await refused(dana.call('POST', path, { ceremony_id, assertion }));
      }
    },
  );
  it('and as it should be, it is taken', async () => {
    expect((await dana.signIn()).status).toBe(200);
    expect((await dana.stepUp()).status).toBe(200);
    expect((await dana.signIn({ userHandle: undefined })).status).toBe(200);
  });
});

describe('a registration is refused', () => {
  const begin = async () =>
    (await dana.done('POST', '/v1/passkeys/challenges', {})) as unknown as Begun;
  interface Begun {
    readonly ceremony_id: string;
    readonly publicKey: { readonly challenge: string };
  }
  const register = async (deviation: Deviation, key = createAuthenticator(origin)) => {
    const { ceremony_id, publicKey } = await begin();
    return dana.call('POST', '/v1/passkeys', {
      ceremony_id,
      attestation: key.attest(publicKey, deviation),
    });
  };
  it.each([
    ...ALIKE,
    ['the sign-in', { type: 'webauthn.get' }],
    ['an algorithm that was not offered (ES384)', { algorithm: -35 }],
    ['an algorithm that was not offered (RS1)', { algorithm: -65535 }],
    ['a credential id of 1024 bytes', { credentialId: long(1024) }],
  ] as readonly (readonly [string, Deviation])[])('%s', async (_what, deviation) => {
    const { status, body } = await register(deviation);
    expect([400, status]).toEqual([status, 400]);
    expect(body['code']).toMatch(/^(?:passkey_refused|invalid_request)$/);
  });
  it('a credential id that somebody has, or had', async () => {
    const erin = await aPerson(broker, { role: 'approver', invitedBy: dana });
    const taken = await register({ credentialId: erin.passkey.credentialId });
    expect([taken.status, taken.body['code']]).toEqual([400, 'passkey_refused']);
    await dana.done('DELETE', `/v1/operators/${erin.id}`);
    const gone = await register({ credentialId: erin.passkey.credentialId });
    expect([gone.status, gone.body['code']]).toEqual([400, 'passkey_refused']);
  });
  it('an envelope that names another credential than is attested', async () => {
    const { ceremony_id, publicKey } = await begin();
    const attestation = createAuthenticator(origin).attest(publicKey);
    const id = long(16);
    const answer = await dana.call('POST', '/v1/passkeys', {
      ceremony_id,
      attestation: { ...attestation, id, rawId: id },
    });
    expect([answer.status, answer.body['code']]).toEqual([400, 'passkey_refused']);
  });
  it('and as it should be, it is taken, and on record with its key', async () => {
    const key = createAuthenticator(origin, { synced: true });
    expect((await register({}, key)).status).toBe(201);
    const entry = (await chainOf(broker.composed)).findLast(
      ({ action }) => action === 'passkey.registered',
    );
    expect(entry).toMatchObject({
      actor: dana.id,
      subject: dana.id,
      detail: {
        credential_id: key.credentialId,
        public_key: key.publicKey,
        rp_id: 'localhost',
        backup_eligible: true,
        backed_up: true,
        via: 'session',
      },
    });
  });
});

describe('challenges', () => {
  it('have 32 random bytes, and ask for verification by a discoverable passkey', async () => {
    const seen = new Set<string>();
    for (let n = 0; n < 5; n += 1) {
      const { body } = await dana.call('POST', '/v1/sign-in/challenges', {});
      const options = body['publicKey'] as Record<string, unknown>;
      expect(Buffer.from(String(options['challenge']), 'base64url')).toHaveLength(32);
      expect(options).toMatchObject({ rpId: 'localhost', userVerification: 'required' });
      expect(options['allowCredentials'] ?? []).toEqual([]);
      seen.add(String(options['challenge']));
    }
    expect(seen.size).toBe(5);
    const { body } = await dana.call('POST', '/v1/passkeys/challenges', {});
    expect(body['publicKey']).toMatchObject({
      rp: { id: 'localhost' },
      attestation: 'none',
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      pubKeyCredParams: [{ alg: -8 }, { alg: -7 }, { alg: -257 }],
    });
  });
});

describe('the counter', () => {
  it('must go up where it counts; a copy is reported', async () => {
    const frank = await aPerson(broker, { role: 'auditor', invitedBy: dana, counts: true });
    expect((await frank.signIn()).status).toBe(200);
    expect((await frank.signIn()).status).toBe(200);
    for (const signCount of [0, 1, 2]) {
      expect((await frank.signIn({ signCount })).status).toBe(401);
    }
    const reports = (await chainOf(broker.composed)).filter(
      ({ action }) => action === 'passkey.copy_suspected',
    );
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatchObject({
      subject: frank.id,
      detail: { credential_id: frank.passkey.credentialId },
    });
    expect((await frank.signIn({ signCount: 1000 })).status).toBe(200);
  });
  it('raises no alarm over a bad signature', async () => {
    const before = (await chainOf(broker.composed)).length;
    const gina = await aPerson(broker, { role: 'auditor', invitedBy: dana, counts: true });
    await gina.signIn();
    await gina.signIn({ signCount: 1, badSignature: true });
    const after = (await chainOf(broker.composed)).slice(before);
    expect(after.filter(({ action }) => action === 'passkey.copy_suspected')).toEqual([]);
  });
});

it('base64url has one spelling', async () => {
  const { body } = await dana.call('POST', '/v1/sign-in/challenges', {});
  const assertion = dana.passkey.assert(body['publicKey']);
  const respelt = { ...assertion, rawId: `${assertion.rawId}=`, id: `${assertion.id}=` };
  const answer = await dana.call('POST', '/v1/sign-in', {
    ceremony_id: body['ceremony_id'],
    assertion: respelt,
  });
  expect(answer.status).toBe(401);
  expect(b64('x')).toBe('eA');
});
