import canonicalize from 'canonicalize';
import { internal } from '../domain/errors.ts';
import { illFormedText, isJsonObject, type JsonValue } from '../domain/strict-json.ts';

const MAX_DEPTH = 16;
const UNFIT = /\0|\p{Surrogate}/gu;
/** JSON writes NUL and lone surrogates as escapes: without one of these, no string is ill-formed. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

/**
 * The RFC 8785 (JCS) form: one byte string per value, control characters always escaped, so that no
 * text inside can look like the end of a record.
 *
 * @throws internal() on what JCS has no form for (numbers that are not finite, lone surrogates,
 *   anything that is not JSON) and on NUL, which PostgreSQL cannot keep
 */
export function canonicalJson(value: JsonValue): string {
  const text = canonicalText(value);
  if (text === undefined) throw internal('cannot be canonicalised: NUL or a lone surrogate');
  return text;
}

/**
 * The same, and undefined when only a text is unfit: see {@link withFitText}.
 * @throws internal() on what is not JSON
 */
export function canonicalText(value: JsonValue): string | undefined {
  const problem = misshapen(value, 0);
  if (problem !== undefined) throw internal(`cannot be canonicalised: ${problem}`);
  // The library takes a value apart member by member; where that would change no order, JSON's own
  // writer gives the same text (RFC 8785 §3.2 takes its spelling from there) for a tenth of the price.
  const text = (isOrdered(value) ? JSON.stringify(value) : canonicalize(value)) ?? 'null';
  return SUSPECT.test(text) && hasUnfitText(value) ? undefined : text;
}

/**
 * The same value with every NUL and lone surrogate replaced by U+FFFD: what somebody typed must not
 * be able to keep an entry from being written.
 */
export function withFitText<T extends JsonValue>(value: T): T;
export function withFitText(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replace(UNFIT, '\uFFFD');
  if (isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [withFitText(name), withFitText(item)]),
    );
  }
  return Array.isArray(value) ? value.map((item: JsonValue) => withFitText(item)) : value;
}

/** Do the members of every object in it stand in the order of RFC 8785 §3.2.3 (UTF-16 code units)? */
function isOrdered(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isOrdered);
  let last = '';
  for (const name of Object.keys(value)) {
    if (name < last || !isOrdered((value as Record<string, unknown>)[name])) return false;
    last = name;
  }
  return true;
}

function hasUnfitText(value: JsonValue): boolean {
  if (typeof value === 'string') return illFormedText(value) !== undefined;
  if (Array.isArray(value)) return value.some(hasUnfitText);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([name, item]) => hasUnfitText(name) || hasUnfitText(item));
}

/** Why the value is not plain, finite JSON, or nothing. Looks at shapes only, not into texts. */
function misshapen(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'number not finite';
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined;
  if (depth >= MAX_DEPTH) return 'nested too deeply';
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = misshapen(item, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  if (typeof value !== 'object') return `a ${typeof value}`;
  return misshapenObject(value as Record<string, unknown>, depth);
}

function misshapenObject(value: Record<string, unknown>, depth: number): string | undefined {
  // Class instances (Date, Secret, Buffer) have a JSON form of their own, which need not be ours.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return 'not a plain object';
  for (const name of Object.keys(value)) {
    if (name === '__proto__' || name === 'toJSON') return `member ${name}`;
    const item = value[name];
    if (item === undefined) continue;
    const problem = misshapen(item, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
