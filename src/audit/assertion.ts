import { createHash, verify } from 'node:crypto';
import { isJsonObject, type JsonValue, readStrictJson } from '../domain/strict-json.ts';
import { canonicalJson } from './canonical.ts';
import { readCoseKey } from './cose.ts';

/** A passkey as the chain knows it, from the entry of its registration. */
export interface ChainKey {
  readonly operatorId: string;
  /** COSE, base64url. */
  readonly publicKey: string;
  readonly rpId: string;
}

const HEAD_BYTES = 37;
const PRESENT_AND_VERIFIED = 0b101;
const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();

/**
 * Verifies a signed answer from the chain alone (WebAuthn Level 3 §7.2): the passkey's challenge is the SHA-256 over
 * the RFC 8785 form of what was signed, the person was verified, and the key is the one that was registered.
 *
 * @returns what is wrong; undefined where it holds
 */
export function assertionProblem(
  signed: JsonValue,
  assertion: JsonValue | undefined,
  key: ChainKey,
): string | undefined {
  if (!isJsonObject(assertion)) return 'has no assertion';
  const part = (name: string) => {
    const text = assertion[name];
    return Buffer.from(typeof text === 'string' ? text : '', 'base64url');
  };
  const [data, client, signature] = [
    part('authenticator_data'),
    part('client_data_json'),
    part('signature'),
  ];
  const wrong = clientProblem(client, sha256(canonicalJson(signed)).toString('base64url'), key);
  if (wrong) return wrong;
  if (data.length < HEAD_BYTES) return 'has no authenticator data';
  if (!data.subarray(0, 32).equals(sha256(key.rpId))) return 'is of another host';
  if ((data.readUInt8(32) & PRESENT_AND_VERIFIED) !== PRESENT_AND_VERIFIED) {
    return 'did not verify the person';
  }
  const cose = readCoseKey(key.publicKey);
  if (!cose) return 'is by a key nobody can read';
  const isGood = verify(cose.digest, Buffer.concat([data, sha256(client)]), cose.key, signature);
  return isGood ? undefined : 'has a signature that is not good';
}

function clientProblem(client: Buffer, challenge: string, { rpId }: ChainKey): string | undefined {
  const read = readStrictJson(client.toString('utf8'));
  if ('problem' in read || !isJsonObject(read.value)) return 'has client data nobody can read';
  const { type, challenge: answered, origin, crossOrigin = false } = read.value;
  if (type !== 'webauthn.get') return 'is no assertion';
  if (answered !== challenge) return 'was given to another question';
  const isOurs = typeof origin === 'string' && URL.canParse(origin);
  if (!isOurs || new URL(origin).hostname !== rpId) return 'is of another origin';
  return crossOrigin === false ? undefined : 'came from inside another site';
}
