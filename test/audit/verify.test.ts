import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEntry, hashOf, link } from '../../src/audit/chain.ts';
import { type AuditDetail, type AuditEntry, GENESIS } from '../../src/audit/entry.ts';
import { createTextVerifier, createVerifier } from '../../src/audit/verify.ts';

const json = fc
  .jsonValue({ maxDepth: 3 })
  .filter((value) => !JSON.stringify(value).includes('__proto__'));
const details: fc.Arbitrary<AuditDetail> = fc
  .dictionary(
    fc.string({ maxLength: 8 }).filter((name) => !/__proto__|toJSON/.test(name)),
    json,
  )
  .map((value) => JSON.parse(JSON.stringify(value)) as AuditDetail);
const chains = fc.array(details, { minLength: 2, maxLength: 8 }).map(chainOf);

function chainOf(all: readonly AuditDetail[]): AuditEntry[] {
  const chain: AuditEntry[] = [];
  for (const detail of all) {
    const draft = { actor: 'broker', action: 'task.opened', subject: 'tsk_1', detail } as const;
    chain.push(link(chain.at(-1) ?? GENESIS, draft, 1_790_000_000_000));
  }
  return chain;
}

function verifyLines(lines: readonly string[], head?: AuditEntry) {
  const verifier = createTextVerifier(head === undefined ? {} : { head });
  for (const line of lines) verifier.push(line);
  return verifier.finish();
}

function verify(entries: readonly unknown[], head?: AuditEntry) {
  const verifier = createVerifier(head === undefined ? {} : { head });
  for (const entry of entries) verifier.push(entry);
  return verifier.finish();
}

const last = (chain: readonly AuditEntry[]) => chain.at(-1) as AuditEntry;

describe('a whole chain', () => {
  it('verifies, as objects and as lines, and is anchored only by a head', () => {
    fc.assert(
      fc.property(chains, (chain) => {
        const head = { seq: last(chain).seq, hash: last(chain).hash };
        const good = { ok: true, entries: chain.length, head };
        expect(verify(chain)).toEqual({ ...good, anchored: false });
        expect(verifyLines(chain.map(formatEntry))).toEqual({ ...good, anchored: false });
        expect(verifyLines(chain.map(formatEntry), last(chain))).toEqual({
          ...good,
          anchored: true,
        });
      }),
    );
  });

  it('verifies when the head kept outside is older than the export', () => {
    const chain = chainOf([{}, {}, {}]);
    expect(verify(chain, chain[1])).toMatchObject({ ok: true, anchored: true });
  });

  it('does not depend on how the lines are laid out', () => {
    const chain = chainOf([{ b: 1, a: 'é' }]);
    const lines = chain.map((entry) =>
      JSON.stringify(entry, Object.keys(entry).reverse().concat('a', 'b'), 1),
    );
    expect(verifyLines(lines)).toMatchObject({ ok: true });
  });
});

describe('damage is found at the first bad record', () => {
  it('any changed bit of any line', () => {
    fc.assert(
      fc.property(chains, fc.nat(), fc.nat(), fc.nat(7), (chain, which, where, bit) => {
        const lines = chain.map(formatEntry);
        const index = which % lines.length;
        const bytes = Buffer.from(lines[index] as string);
        const at = where % bytes.length;
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const line = bytes.toString('utf8');
        // A flipped bit may only re-spell the same value (\u001f as \u001F), which is no damage.
        fc.pre(!sameValue(line, lines[index] as string));
        lines[index] = line;
        expect(verifyLines(lines, last(chain)).firstBad?.seq).toBe(index + 1);
      }),
      { numRuns: 500 },
    );
  });

  it('a deleted record, and the cut tail that only a head shows', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (chain, which) => {
        const index = which % chain.length;
        const rest = chain.toSpliced(index, 1);
        expect(verify(rest, last(chain)).firstBad?.seq).toBe(index + 1);
        if (index === chain.length - 1) expect(verify(rest).ok).toBe(true);
      }),
    );
  });

  it('two swapped records', () => {
    fc.assert(
      fc.property(chains, fc.nat(), (chain, which) => {
        const index = which % (chain.length - 1);
        const swapped = [...chain];
        [swapped[index], swapped[index + 1]] = [
          swapped[index + 1] as AuditEntry,
          swapped[index] as AuditEntry,
        ];
        expect(verify(swapped).firstBad?.seq).toBe(index + 1);
      }),
    );
  });

  it('a repeated record, an inserted one, and an empty export under a head', () => {
    const chain = chainOf([{}, {}, {}]);
    expect(verify([chain[0], chain[0], chain[1]]).firstBad).toMatchObject({ seq: 2 });
    expect(verify([chain[0], last(chain), ...chain.slice(1)]).firstBad?.problem).toMatch(/missing/);
    expect(verify([], chain[0]).firstBad?.problem).toMatch(/tail was cut/);
  });

  it('an edit whose own hash was made to fit: the next record gives it away', () => {
    const chain = chainOf([{}, { amount: 1 }, {}]);
    const edited = { ...(chain[1] as AuditEntry), detail: { amount: 2 } };
    const forged = { ...edited, hash: hashOf(edited) };
    expect(verify([chain[0], forged, chain[2]]).firstBad).toMatchObject({ seq: 3 });
  });

  it('a history re-hashed throughout: only the head kept outside shows it', () => {
    const chain = chainOf([{}, { amount: 1 }, {}]);
    const rewritten = chainOf([{}, { amount: 2 }, {}]);
    expect(verify(rewritten)).toMatchObject({ ok: true, anchored: false });
    expect(verify(rewritten, last(chain)).firstBad).toMatchObject({ seq: 3 });
    expect(verify(rewritten, chain[1]).firstBad).toMatchObject({ seq: 2 });
  });
});

describe('records that are no entries', () => {
  const entry = link(
    GENESIS,
    { actor: 'a', action: 'task.opened', subject: 's', detail: { n: 1 } },
    0,
  );
  const rehash = (change: object) => {
    const changed = { ...entry, ...change };
    return { ...changed, hash: hashOf(changed) };
  };
  it.each([
    ['an unknown member', { ...entry, extra: 1 }, /unknown member/],
    ['a missing member', { ...entry, actor: undefined, subject: undefined }, /bad/],
    ['a local time', rehash({ time: '1970-01-01T00:00:00.000+01:00' }), /time/],
    ['a day that does not exist', rehash({ time: '2026-02-30T00:00:00.000Z' }), /time/],
    ['a time without milliseconds', rehash({ time: '1970-01-01T00:00:00Z' }), /time/],
    ['an upper-case hash', { ...entry, hash: entry.hash.toUpperCase() }, /hash/],
    ['a fractional number', rehash({ seq: 1.5 }), /seq/],
    ['a text number', { ...entry, seq: '1' }, /seq/],
    ['detail that is an array', rehash({ detail: [] }), /detail/],
    ['an action with a line feed', rehash({ action: 'task.opened\n' }), /action/],
    ['null', null, /object/],
  ])('%s', (_name, record, problem) => {
    expect(verify([record]).firstBad?.problem).toMatch(problem);
  });

  it.each([
    ['duplicate members', formatEntry(entry).replace('"n":1', '"n":2,"n":1')],
    ['a duplicate by escape', formatEntry(entry).replace('"n":1', '"\\u006e":2,"n":1')],
    ['a number in another spelling', formatEntry(entry).replace('"n":1', '"n":1.0')],
    ['an infinite number', formatEntry(entry).replace('"n":1', '"n":1e400')],
    ['a cut line', formatEntry(entry).slice(0, -5)],
    ['two records on a line', formatEntry(entry) + formatEntry(entry)],
    ['an empty line', ''],
  ])('%s', (_name, line) => {
    expect(verifyLines([line]).firstBad?.seq).toBe(1);
  });
});

function sameValue(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}
