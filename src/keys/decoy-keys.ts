import { createPublicKey } from 'node:crypto';
import type { SigningAlgorithm } from './algorithms.ts';
import type { VerifyKey } from './public-jwk.ts';

const RSA_MODULUS =
  'lACbtxTYSsYRWQATrAz9yQMgIOEb76xGbfOKSovzpOzOOW6JcGeKTG3jXK_YH0D_8XOXOYPh9ocy-YM2' +
  '1nRn33IdAD4XsXr6vQHNaAF-AqMmWytrMhy_LAEIJXK-WKd85r_MFhPVCCiQWkjq7GiAw1Zyq2EP0zWI' +
  'wJsHfABEVrjK2eYFBE6nnk2Nn_FYA8co73x8pJHFynWTFQYq96WC1k3G4OOfw9RASDGxgjilgYjiDgC9' +
  'Rxc8_SUVTzSPjtZN4YQ1eNmDMNXS8YLpVveVkmCgJGJzqfKH_EkmfvWnWnzcMwwSOEqfiOp0fwB9vMSv' +
  'iDn4sU9NYzKM3OxTybg-Vw';
const RSA = { kty: 'RSA', n: RSA_MODULUS, e: 'AQAB' };

const MATERIAL: Readonly<Record<SigningAlgorithm, Readonly<Record<string, string>>>> = {
  ES256: {
    kty: 'EC',
    crv: 'P-256',
    x: 'ifbWEzLaBlEQx2YR10p5FusuKOqEREZrGY0jeUvpo-M',
    y: 'fknaHIEqie3jjOsfgB69gw8C7R5XHK1vcMtJXkHdps4',
  },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', x: 'H76T64UzATintDtqG4Emgy6IP9eJ4w2zYpYdkJ1Bprg' },
  PS256: RSA,
  RS256: RSA,
};

const made = new Map<SigningAlgorithm, VerifyKey>();

/**
 * A public key whose private half nobody kept, to spend on an unknown client the same time as on a
 * known one (row T4, threats "Audit and logs"). The result of checking with it is never used.
 */
export function decoyKey(alg: SigningAlgorithm): VerifyKey {
  const ready = made.get(alg);
  if (ready !== undefined) return ready;
  const key = createPublicKey({ key: { ...MATERIAL[alg] }, format: 'jwk' });
  const decoy = { kid: 'decoy', alg, key };
  made.set(alg, decoy);
  return decoy;
}
