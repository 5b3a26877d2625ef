import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { ALGORITHMS, type SigningAlgorithm } from '../../src/keys/algorithms.ts';
import { parseMasterKey } from '../../src/keys/master-key.ts';
import { importPublicJwk, type RegisteredKey } from '../../src/keys/public-jwk.ts';
import { createSealer } from '../../src/keys/seal.ts';

export function newSealer() {
  const parsed = parseMasterKey(randomBytes(32).toString('hex'));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return createSealer(parsed.key);
}

export interface TestKey extends RegisteredKey {
  readonly privateKey: KeyObject;
}

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });

export function newKey(alg: SigningAlgorithm, kid?: string): TestKey {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : RSA;
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), alg, ...(kid ? { kid } : {}) };
  const read = importPublicJwk(jwk);
  if ('problem' in read) throw new Error(read.problem);
  return { ...read, privateKey: pair.privateKey };
}

/** A JWS over any header and payload text, however wrong: what an attacker can make. */
export function forge(key: TestKey, header: unknown, payload: unknown): string {
  const part = (value: unknown) =>
    (value instanceof Buffer
      ? value
      : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    ).toString('base64url');
  const input = `${part(header)}.${part(payload)}`;
  const { hash, parameters } = ALGORITHMS[key.alg];
  const signature = sign(hash, Buffer.from(input), { key: key.privateKey, ...parameters });
  return `${input}.${signature.toString('base64url')}`;
}
