import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../src/audit/canonical.ts';
import { formatEntry, hashOf, link } from '../../src/audit/chain.ts';
import { type AuditDraft, formatHead, GENESIS, parseHead } from '../../src/audit/entry.ts';

const TIME = Date.UTC(2026, 10, 22, 13, 5, 6, 7);
const draft: AuditDraft = {
  actor: 'agt_01',
  action: 'token.minted',
  subject: 'tok_01',
  detail: { b: [1, null, true, 'é€😀'], a: { z: 1.5e-7, '10': 'x', '9': '\u0007\n"' } },
};

describe('link', () => {
  it('numbers from 1 and links the first entry to 64 zeros', () => {
    const entry = link(GENESIS, draft, TIME);
    expect(entry).toMatchObject({ seq: 1, prev: '0'.repeat(64), time: '2026-11-22T13:05:06.007Z' });
  });

  it('hashes the RFC 8785 form without hash, as an independent reader computes it', () => {
    const { hash, ...body } = link(GENESIS, draft, TIME);
    const text = canonicalize(body) ?? '';
    expect(createHash('sha256').update(text).digest('hex')).toBe(hash);
  });

  it('links the next entry to the one before', () => {
    const first = link(GENESIS, draft, TIME);
    expect(link(first, draft, TIME)).toMatchObject({ seq: 2, prev: first.hash });
  });

  it('writes a line that control characters cannot break', () => {
    const entry = link(GENESIS, { ...draft, subject: 'a\n{"seq":2}\r\u2028\u001b' }, TIME);
    const line = formatEntry(entry);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
    expect(line).not.toMatch(/[\u0000-\u001f]/);
    expect(JSON.parse(line)).toEqual(entry);
  });

  it('replaces what cannot be written instead of failing: text cannot prevent an entry', () => {
    const detail = { 'k\0': ['\ud800', { deep: 'a\0b' }] };
    const entry = link(GENESIS, { ...draft, subject: 'x\0', detail }, TIME);
    expect(entry.subject).toBe('x\ufffd');
    expect(entry.detail).toEqual({ 'k\ufffd': ['\ufffd', { deep: 'a\ufffdb' }] });
    expect(hashOf(entry)).toBe(entry.hash);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses the number %s', (number) => {
    expect(() => link(GENESIS, { ...draft, detail: { number } }, TIME)).toThrow(/internal/);
  });
});

describe('heads', () => {
  it('read what they write', () => {
    const head = { seq: 12, hash: 'ab'.repeat(32) };
    expect(parseHead(formatHead(head))).toEqual(head);
  });
  it.each(['', '0:' + '0'.repeat(64), '1:xyz', `1:${'A'.repeat(64)}`, `01:${'a'.repeat(64)}`])(
    'refuse %j',
    (text) => expect(parseHead(text)).toBeUndefined(),
  );
});

/** Keys of both kinds that JavaScript orders differently from RFC 8785: like indices, and not. */
const names = fc
  .oneof(fc.stringMatching(/^[0-9]{1,3}$/), fc.string({ maxLength: 3 }))
  .filter((name) => !['__proto__', 'toJSON'].includes(name));
const { value: json } = fc.letrec((again) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(null),
    fc.array(again('value'), { maxLength: 3 }),
    fc.dictionary(names, again('value'), { maxKeys: 5 }),
  ),
}));

/** The same value with the members of its objects in their sorted order. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, item]) => [name, ordered(item)]));
}

describe('the canonical form', () => {
  it('is that of the library, in whatever order the members come', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalText(value as never);
        fc.pre(text !== undefined);
        expect(text).toBe(canonicalize(value));
        expect(canonicalText(ordered(value) as never)).toBe(text);
      }),
    );
  });
});
