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
  traits: {
    readonly counts?: boolean;
    readonly synced?: boolean;
    readonly credentialId?: string;
  } = {},
): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = traits.credentialId ?? base64url(randomBytes(16));
  let userHandle: string | undefined;

  const flagsOf = (deviation: Deviation, attested: boolean) => {
    const on = (value: boolean | undefined, bit: number, otherwise: boolean) =>
      (value ?? otherwise) ? 1 << bit : 0;
    const synced = traits.synced ?? false;
    return (
      on(deviation.userPresent, 0, true) |
      on(deviation.userVerified, 2, true) |
      on(deviation.backupEligible, 3, synced) |
      on(deviation.backedUp, 4, synced) |
      on(attested, 6, false)
    );
  };
  const head = (options: Options, deviation: Deviation, attested: boolean) => {
    const rpId = deviation.rpId ?? options.rpId ?? options.rp?.id ?? new URL(origin).hostname;
    const rest = Buffer.alloc(5);
    rest.writeUInt8(flagsOf(deviation, attested), 0);
    rest.writeUInt32BE(deviation.signCount ?? self.signCount, 1);
    return Buffer.concat([createHash('sha256').update(rpId).digest(), rest]);
  };

  const self: Authenticator = {
    credentialId,
    publicKey: base64url(cbor(coseOf(publicKey))),
    signCount: 0,
    attest(given, deviation = {}) {
      const options = given as Options;
      userHandle = options.user?.id;
      const id = deviation.credentialId ?? credentialId;
      const raw = Buffer.from(id, 'base64url');
      const length = Buffer.alloc(2);
      length.writeUInt16BE(raw.length);
      const key = cbor(coseOf(publicKey, deviation.algorithm));
      const data = Buffer.concat([
        head(options, deviation, true),
        Buffer.alloc(16),
        length,
        raw,
        key,
      ]);
      const attestation: CborMap = [
        ['fmt', 'none'],
        ['attStmt', []],
        ['authData', bytes(data)],
      ];
      return {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: base64url(clientData(origin, 'webauthn.create', options, deviation)),
          attestationObject: base64url(cbor(attestation)),
          transports: ['internal', 'hybrid'],
        },
        clientExtensionResults: {},
      };
    },
    assert(given, deviation = {}) {
      const options = given as Options;
      if (traits.counts) self.signCount += 1;
      const data = head(options, deviation, false);
      const client = clientData(origin, 'webauthn.get', options, deviation);
      const signed = Buffer.concat([data, createHash('sha256').update(client).digest()]);
      const signature = sign('sha256', signed, privateKey);
      if (deviation.badSignature) {
        signature.writeUInt8(signature.readUInt8(signature.length - 1) ^ 1, signature.length - 1);
      }
      const handle =
        'userHandle' in deviation
          ? deviation.userHandle && base64url(deviation.userHandle)
          : userHandle;
      const id = deviation.credentialId ?? credentialId;
      return {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: base64url(client),
          authenticatorData: base64url(data),
          signature: base64url(signature),
          ...(handle === undefined ? {} : { userHandle: handle }),
        },
        clientExtensionResults: {},
      };
    },
  };
  return self;
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
