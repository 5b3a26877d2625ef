import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bytes, cbor, type CborMap } from './cbor.ts';

/** What is wrong, or another, about one answer of the authenticator. */
export interface Deviation {
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly origin?: string;
  readonly rpId?: string;
  /** base64url. */
  readonly challenge?: string;
  readonly type?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly signCount?: number;
  readonly backupEligible?: boolean;
  readonly backedUp?: boolean;
  /** Text, as it is before base64url; undefined leaves it out. */
  readonly userHandle?: string | undefined;
  /** base64url; of the envelope and, at a registration, of what is attested. */
  readonly credentialId?: string;
  /** COSE algorithm of the key; anything but -7 comes with a key that says so. */
  readonly algorithm?: number;
  /** Changes the signature's last bit. */
  readonly badSignature?: boolean;
  /** Replaces the whole text of clientDataJSON. */
  readonly clientData?: string;
}

export interface AssertionJson {
  id: string;
  rawId: string;
  type: 'public-key';
  response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle?: string;
  };
  clientExtensionResults: Record<string, never>;
}

export interface AttestationJson {
  id: string;
  rawId: string;
  type: 'public-key';
  response: { clientDataJSON: string; attestationObject: string; transports: string[] };
  clientExtensionResults: Record<string, never>;
}

/** A passkey in software: answers options as a browser does, or with a deviation. */
export interface Authenticator {
  /** base64url. */
  readonly credentialId: string;
  /** COSE key, base64url. */
  readonly publicKey: string;
  /** The counter; goes up with each assertion where `counts` was asked for. */
  signCount: number;
  /** @param options `publicKey` of the registration's beginning */
  attest(options: unknown, deviation?: Deviation): AttestationJson;
  /** @param options `publicKey` of the ceremony's beginning */
  assert(options: unknown, deviation?: Deviation): AssertionJson;
}

interface Options {
  readonly challenge: string;
  readonly rpId?: string;
  readonly rp?: { readonly id: string };
  readonly user?: { readonly id: string };
}

const base64url = (data: string | Uint8Array) => Buffer.from(data).toString('base64url');

/** @param origin where the browser is, e.g. the issuer's */
export function createAuthenticator(
  origin: string,
  traits: { readonly counts?: boolean; readonly synced?: boolean } = {},
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = base64url(randomBytes(16));
  const synced = traits.synced ?? false;
  let userHandle: string | undefined;
  const head = (options: Options, deviation: Deviation, attested: boolean) => {
    const rpId = options.rpId ?? options.rp?.id ?? new URL(origin).hostname;
    const usual = { rpId, signCount: self.signCount, backupEligible: synced, backedUp: synced };
    return headOf({ ...usual, ...deviation }, attested);
  };
  const self: Authenticator = {
    credentialId,
    publicKey: base64url(cbor(coseOf(publicKey))),
    signCount: 0,
    attest(given, deviation = {}) {
      const options = given as Options;
      userHandle = options.user?.id;
      const id = deviation.credentialId ?? credentialId;
      const key = coseOf(publicKey, deviation.algorithm);
      const data = Buffer.concat([head(options, deviation, true), credentialOf(id, key)]);
      const attestation: CborMap = [
        ['fmt', 'none'],
        ['attStmt', []],
        ['authData', bytes(data)],
      ];
      const response = {
        clientDataJSON: base64url(clientData(origin, 'webauthn.create', options, deviation)),
        attestationObject: base64url(cbor(attestation)),
        transports: ['internal', 'hybrid'],
      };
      return { ...envelope(id), response };
    },
    assert(given, deviation = {}) {
      const options = given as Options;
      if (traits.counts) self.signCount += 1;
      const data = head(options, deviation, false);
      const client = clientData(origin, 'webauthn.get', options, deviation);
      const response = {
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(signatureOf(privateKey, data, client, deviation)),
      };
      const handle =
        'userHandle' in deviation
          ? deviation.userHandle && base64url(deviation.userHandle)
          : userHandle;
      const named = handle === undefined ? response : { ...response, userHandle: handle };
      return { ...envelope(deviation.credentialId ?? credentialId), response: named };
    },
  };
  return self;
}

function envelope(id: string) {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {} } as const;
}

/** RP id hash, flags and counter: WebAuthn Level 3 §6.1. */
function headOf(facts: Deviation & { readonly rpId: string }, attested: boolean): Buffer {
  const on = (value: boolean | undefined, bit: number) => (value ? 1 << bit : 0);
  const rest = Buffer.alloc(5);
  const flags =
    on(facts.userPresent ?? true, 0) |
    on(facts.userVerified ?? true, 2) |
    on(facts.backupEligible, 3) |
    on(facts.backedUp, 4) |
    on(attested, 6);
  rest.writeUInt8(flags, 0);
  rest.writeUInt32BE(facts.signCount ?? 0, 1);
  return Buffer.concat([createHash('sha256').update(facts.rpId).digest(), rest]);
}

/** Attested credential data, §6.5.1: no AAGUID, the id after its length, the key. */
function credentialOf(id: string, key: CborMap): Buffer {
  const raw = Buffer.from(id, 'base64url');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(raw.length);
  return Buffer.concat([Buffer.alloc(16), length, raw, cbor(key)]);
}

function signatureOf(key: KeyObject, data: Buffer, client: string, deviation: Deviation): Buffer {
  const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
  const signature = sign('sha256', signed, key);
  const last = signature.length - 1;
  if (deviation.badSignature) signature.writeUInt8(signature.readUInt8(last) ^ 1, last);
  return signature;
}

function clientData(origin: string, type: string, options: Options, deviation: Deviation): string {
  if (deviation.clientData !== undefined) return deviation.clientData;
  return JSON.stringify({
    type: deviation.type ?? type,
    challenge: deviation.challenge ?? options.challenge,
    origin: deviation.origin ?? origin,
    crossOrigin: deviation.crossOrigin ?? false,
    ...(deviation.topOrigin === undefined ? {} : { topOrigin: deviation.topOrigin }),
  });
}

/** RFC 9053 §7.1.1. */
function coseOf(key: KeyObject, algorithm = -7): CborMap {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  return [
    [1, 2],
    [3, algorithm],
    [-1, 1],
    [-2, bytes(Buffer.from(x, 'base64url'))],
    [-3, bytes(Buffer.from(y, 'base64url'))],
  ];
}
