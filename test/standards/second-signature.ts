const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');

/**
 * The other valid ES256 signature of the same token: s replaced by n − s. Both verify, so nothing may
 * be keyed on a token's text.
 */
export function flippedSignature(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const flipped = (ORDER - s).toString(16).padStart(64, '0');
  const twin = Buffer.concat([bytes.subarray(0, 32), Buffer.from(flipped, 'hex')]);
  return [header, payload, twin.toString('base64url')].join('.');
}
