/** A JSON value as it can stand in a token, an audit entry or a request. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

export type StrictJson = { readonly value: JsonValue } | { readonly problem: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = /-?[0-9][0-9.eE+-]*/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** What a text must contain for one of its strings to be ill-formed: looked for once, not per string. */
const SUSPECT = /\\u(?:0000|[dD][89a-fA-F])|\p{Surrogate}/u;

/**
 * Reads JSON that every reader understands alike (the spirit of I-JSON, RFC 7493): no duplicate
 * members, no `__proto__`, no number whose text is not its shortest form (`1.0`, `-0`, `1e400`,
 * 2^53+1), no NUL and no lone surrogate in a string, bounded nesting. `JSON.parse` alone is lenient
 * in all of these, and a difference between two readers is a way around a check.
 *
 * Linear in the length of the text; the caller bounds that.
 */
export function readStrictJson(text: string, maxDepth = 16): StrictJson {
  const scanned = scan(text, maxDepth);
  if (typeof scanned === 'string') return { problem: scanned };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return { problem: 'not JSON' };
  }
  const seen = { members: 0 };
  const problem = illFormed(value, seen, SUSPECT.test(text));
  if (problem !== undefined) return { problem };
  // JSON.parse keeps one member of each name, so fewer members than colons means duplicates.
  if (seen.members !== scanned.members) return { problem: 'duplicate member' };
  return { value };
}

/** Is this a JSON object (neither null nor an array)? */
export function isJsonObject(value: unknown): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** That member as text; empty where it is absent or no text. */
export function textMember(value: { readonly [name: string]: JsonValue }, name: string): string {
  const member = value[name];
  return typeof member === 'string' ? member : '';
}

/** What makes a string unfit for JSON that must read alike everywhere, or nothing. */
export function illFormedText(text: string): string | undefined {
  if (text.includes('\0')) return 'NUL in a string';
  return LONE_SURROGATE.test(text) ? 'lone surrogate in a string' : undefined;
}

/** Counts members (colons outside strings) and watches depth and the spelling of numbers. */
function scan(text: string, maxDepth: number): { members: number } | string {
  let members = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > maxDepth) return 'nested too deeply';
    } else if (code === 0x7d || code === 0x5d) {
      depth -= 1;
    } else if (code === 0x3a) {
      members += 1;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      NUMBER.lastIndex = at;
      const token = NUMBER.exec(text)?.[0];
      if (token === undefined || String(Number(token)) !== token)
        return 'number not in shortest form';
      at += token.length - 1;
    }
  }
  return { members };
}

/** Index of the closing quote of the string that opens at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1) {
    let first = at;
    while (text.charCodeAt(first - 1) === BACKSLASH) first -= 1;
    if ((at - first) % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

/** What is wrong inside a parsed value; counts its members on the way. */
function illFormed(
  value: JsonValue,
  seen: { members: number },
  checkText: boolean,
): string | undefined {
  if (typeof value === 'string') return checkText ? illFormedText(value) : undefined;
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = illFormed(item, seen, checkText);
      if (problem !== undefined) return problem;
    }
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      seen.members += 1;
      if (name === '__proto__') return 'member __proto__';
      const problem =
        illFormed(name, seen, checkText) ?? illFormed(value[name] ?? null, seen, checkText);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}
