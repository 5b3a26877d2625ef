import { generateKeyPairSync } from 'node:crypto';
import type { Passkey } from '../domain/operator.ts';
import { isJsonObject, textMember } from '../domain/strict-json.ts';

/** A COSE key (RFC 9053 §7.1.1) of nobody: ES256, as nearly all passkeys have. */
const NOBODYS = coseKey();

/**
 * What an answer is held against where its credential is unknown: all that can be looked up fits, so that
 * it goes the whole way to the signature, which cannot be good.
 */
export function decoyFor(response: unknown): Passkey {
  const answer = membersOf(isJsonObject(response) ? response['response'] : undefined);
  const flags = Buffer.from(answer('authenticatorData'), 'base64url')[32] ?? 0;
  return {
    id: membersOf(response)('id'),
    operatorId: Buffer.from(answer('userHandle'), 'base64url').toString('utf8'),
    publicKey: NOBODYS,
    signCount: 0,
    backupEligible: (flags & (1 << 3)) !== 0,
    backedUp: false,
    transports: [],
    name: '',
    createdAt: 0,
  };
}

function membersOf(value: unknown): (name: string) => string {
  return (name) => (isJsonObject(value) ? textMember(value, name) : '');
}

/** `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` in CBOR. */
function coseKey(): string {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
    Buffer.from(x, 'base64url'),
    Buffer.from([0x22, 0x58, 0x20]),
    Buffer.from(y, 'base64url'),
  ]).toString('base64url');
}
