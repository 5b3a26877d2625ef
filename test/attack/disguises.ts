/**
 * Every form in which a secret could stand in something written: as it is, base64 and base64url (at the
 * three offsets it can have inside a longer text), hexadecimal, percent-encoded, JSON-escaped.
 */
export function disguisesOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = new Set([
    secret,
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    encodeURIComponent(secret),
    [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    JSON.stringify(secret).slice(1, -1),
  ]);
  for (const offset of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    // Only the characters that depend on nothing but the secret.
    const whole = shifted.subarray(0, shifted.length - (shifted.length % 3));
    const skip = offset === 0 ? 0 : 4;
    forms.add(whole.toString('base64').slice(skip));
    forms.add(whole.toString('base64url').slice(skip));
  }
  return [...forms].filter((form) => form.length >= 8);
}

/** The names of the secrets of which any form stands in the text. */
export function found(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => disguisesOf(secret).some((form) => text.includes(form)))
    .map(([name]) => name);
}
