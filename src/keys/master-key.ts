import { hkdfSync } from 'node:crypto';

/** The key everything sealed hangs on. Only what is derived from it is kept. */
export interface MasterKey {
  /** 16 hex characters that name the key and say nothing about it. */
  readonly id: string;
  /** AES-256 key-encryption key. */
  readonly kek: Buffer;
}

export type ParsedMasterKey = { readonly key: MasterKey } | { readonly problem: string };

const BYTES = 32;

/**
 * Reads a master key: 32 bytes as hex, base64 or base64url. A weak one is refused: a key that
 * somebody made up protects nothing. The problem never repeats the text.
 */
export function parseMasterKey(text: string): ParsedMasterKey {
  const bytes = decode(text.trim());
  if (bytes === undefined) {
    return { problem: 'the master key must be 32 bytes as hex, base64 or base64url' };
  }
  const weakness = weaknessOf(bytes);
  return weakness === undefined
    ? { key: masterKeyOf(bytes) }
    : { problem: `the master key is weak: ${weakness}; make one with: openssl rand -base64 32` };
}

/** The same where it was checked before. @throws Error with the problem as its one line */
export function masterKeyFrom(text: string): MasterKey {
  const parsed = parseMasterKey(text);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed.key;
}

/** What is wrong with a master key, as a sentence, or nothing: for the check of the configuration. */
export function masterKeyProblem(text: string): string | undefined {
  const parsed = parseMasterKey(text);
  return 'problem' in parsed ? parsed.problem : undefined;
}

function masterKeyOf(bytes: Buffer): MasterKey {
  const derive = (purpose: string, length: number) =>
    Buffer.from(hkdfSync('sha256', bytes, '', `countersign/v1/${purpose}`, length));
  return { id: derive('master-key-id', 8).toString('hex'), kek: derive('seal', BYTES) };
}

function decode(text: string): Buffer | undefined {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9_-]{43}=?$/.test(text)) return exactly(Buffer.from(text, 'base64url'));
  if (/^[A-Za-z0-9+/]{43}=?$/.test(text)) return exactly(Buffer.from(text, 'base64'));
  return undefined;
}

function exactly(bytes: Buffer): Buffer | undefined {
  return bytes.length === BYTES ? bytes : undefined;
}

/**
 * 32 random bytes have 30 different values on average, and fewer than 20 with a probability below
 * 10^-9; the same holds for the steps between neighbours, which counting patterns repeat.
 */
function weaknessOf(bytes: Buffer): string | undefined {
  if (bytes.every((byte) => byte === 0)) return 'all zero';
  if (new Set(bytes).size < 20) return 'too few different bytes';
  const steps = new Set(bytes.map((byte, at) => byte - (bytes[at - 1] ?? 0)));
  if (steps.size < 16) return 'a counting pattern';
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'it is text, not random bytes';
  return undefined;
}
