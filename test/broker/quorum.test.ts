import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comesFrom,
  countPersons,
  isMet,
  isSamePerson,
  mayApprove,
  mayDeny,
  type Question,
  type Signer,
  standingOf,
} from '../../src/domain/quorum.ts';

const DAY = 86_400_000;

function signer(n: number, over: Partial<Signer> = {}): Signer {
  return {
    operatorId: `opr_${n}`,
    person: `email:p${n}@example.com`,
    email: `p${n}@example.com`,
    proven: false,
    role: 'approver',
    groups: ['dba'],
    createdAt: n * 100 * DAY,
    ...over,
  };
}

const TWO: Question = { requirements: [{ rule: 'two', count: 2, groups: ['dba'] }] };
const have = (question: Question, signers: readonly Signer[]) =>
  standingOf(question, signers).map((one) => one.have);

/** Accounts of one installation: who invited whom lies in the past, some persons twice, some proven. */
const signers = fc
  .array(
    fc.record({
      inviter: fc.option(fc.nat(6), { nil: undefined }),
      day: fc.nat(90),
      proven: fc.boolean(),
      role: fc.constantFrom('admin' as const, 'approver' as const, 'auditor' as const),
      groups: fc.subarray(['dba', 'security']),
    }),
    { maxLength: 7 },
  )
  .map((drawn) =>
    drawn.map(({ inviter, day, ...rest }, n) =>
      signer(n, {
        ...rest,
        createdAt: day * DAY,
        invitedBy: inviter !== undefined && inviter < n ? `opr_${inviter}` : undefined,
      }),
    ),
  );

/** The definition, by trying every subset: the largest in which no two count as one. */
function bruteForce(all: readonly Signer[]): number {
  const asOne = (a: Signer, b: Signer) => {
    if (isSamePerson(a, b)) return true;
    // Who was invited is doubted, not who invites.
    const invited = (one: Signer, by: Signer) => !one.proven && one.invitedBy === by.operatorId;
    if (invited(a, b) || invited(b, a)) return true;
    const near = Math.abs(a.createdAt - b.createdAt) <= 30 * DAY;
    const siblings = a.invitedBy !== undefined && a.invitedBy === b.invitedBy && near;
    return siblings && !a.proven && !b.proven;
  };
  let most = 0;
  for (let set = 0; set < 2 ** all.length; set += 1) {
    const chosen = all.filter((_, n) => set & (2 ** n));
    const apart = chosen.every((a, n) => chosen.slice(n + 1).every((b) => !asOne(a, b)));
    if (apart) most = Math.max(most, chosen.length);
  }
  return most;
}

describe('persons, not accounts', () => {
  it('counts exactly the most accounts of whom no two count as one', () => {
    fc.assert(
      fc.property(signers, (all) => {
        expect(countPersons(all)).toBe(bruteForce(all));
      }),
      { numRuns: 500 },
    );
  });

  it('another signature never makes a quorum smaller', () => {
    fc.assert(
      fc.property(signers, (all) => {
        for (let n = 1; n <= all.length; n += 1) {
          const [fewer, more] = [all.slice(0, n - 1), all.slice(0, n)];
          expect(countPersons(more)).toBeGreaterThanOrEqual(countPersons(fewer));
          have(TWO, fewer).forEach((count, at) => {
            expect(have(TWO, more)[at]).toBeGreaterThanOrEqual(count);
          });
        }
      }),
    );
  });

  it('where several accounts are one human, never counts more than there are', () => {
    const shared = signers.chain((all) =>
      fc
        .array(fc.nat(2), { minLength: all.length, maxLength: all.length })
        .map((persons) => all.map((one, n) => ({ ...one, person: `person:${persons[n]}` }))),
    );
    fc.assert(
      fc.property(shared, (all) => {
        const persons = new Set(all.map((one) => one.person)).size;
        expect(countPersons(all)).toBeLessThanOrEqual(Math.min(persons, bruteForce(all)));
      }),
    );
  });

  const inviter = signer(1);
  const invited = (n: number, day: number, over: Partial<Signer> = {}) =>
    signer(n, { invitedBy: 'opr_1', createdAt: day * DAY, ...over });
  const cases: readonly (readonly [string, readonly Signer[], number])[] = [
    ['two strangers', [signer(1), signer(2)], 2],
    ['one account twice', [signer(1), signer(1)], 1],
    ['a second account of one person', [signer(1), signer(2, { person: signer(1).person })], 1],
    [
      'one e-mail by passkey and by single sign-on',
      [signer(1), signer(2, { email: 'P1@Example.com ', person: 'oidc:i|s', proven: true })],
      1,
    ],
    ['an inviter and the one he invited', [inviter, invited(2, 500)], 1],
    ['two he invited in one week', [invited(2, 1), invited(3, 7)], 1],
    ['two he invited 30 days apart', [invited(2, 1), invited(3, 31)], 1],
    ['two he invited 31 days apart', [invited(2, 1), invited(3, 32)], 2],
    [
      'three of one month, and he himself',
      [inviter, invited(2, 1), invited(3, 9), invited(4, 20)],
      1,
    ],
    [
      'two he invited, one of them proven by single sign-on',
      [invited(2, 1), invited(3, 2, { proven: true, person: 'oidc:i|s3' })],
      2,
    ],
    [
      'an inviter whom single sign-on proved, and one he invited whom nothing proves',
      [signer(1, { proven: true, person: 'oidc:i|s1' }), invited(2, 1)],
      1,
    ],
    [
      'two of his own, and he proven',
      [signer(1, { proven: true, person: 'oidc:i|s1' }), invited(2, 1), invited(3, 9)],
      1,
    ],
    [
      'an inviter, and one he invited who is proven',
      [inviter, invited(2, 1, { proven: true, person: 'oidc:i|s2' })],
      2,
    ],
    ['two invited by different persons', [invited(2, 1), signer(3, { invitedBy: 'opr_9' })], 2],
  ];
  it.each(cases)('%s', (_, all, persons) => {
    expect(countPersons(all)).toBe(persons);
    expect(isMet(standingOf(TWO, all))).toBe(persons >= 2);
  });
});

describe('a chain of invitations', () => {
  const inviters = (rows: Record<string, [day: number, by?: string, proven?: boolean]>) =>
    new Map(
      Object.entries(rows).map(([id, [day, invitedBy, proven = false]]) => [
        id,
        { createdAt: day * DAY, proven, ...(invitedBy ? { invitedBy } : {}) },
      ]),
    );
  const from = (day: number, invitedBy: string | undefined, all: ReturnType<typeof inviters>) =>
    comesFrom({ createdAt: day * DAY, invitedBy }, all);

  it.each<[string, string | undefined, string | undefined]>([
    ['nobody', undefined, from(0, undefined, new Map())],
    ['the host', 'opr_host', from(0, 'opr_host', new Map())],
    ['the first admin', 'a', from(5, 'a', inviters({ a: [0] }))],
    ['one just invited', 'a', from(5, 'b', inviters({ a: [0], b: [4, 'a'] }))],
    [
      'a long chain',
      'a',
      from(9, 'd', inviters({ a: [0], b: [2, 'a'], c: [4, 'b'], d: [6, 'c'] })),
    ],
    ['one of 30 days', 'a', from(30, 'b', inviters({ a: [0], b: [0, 'a'] }))],
    ['one of 31 days', 'b', from(31, 'b', inviters({ a: [0], b: [0, 'a'] }))],
    ['one who is proven', 'b', from(5, 'b', inviters({ a: [0], b: [4, 'a', true] }))],
    ['one who came by the host', 'opr_host', from(5, 'b', inviters({ b: [4, 'opr_host'] }))],
    ['a ring', 'a', from(5, 'a', inviters({ a: [4, 'b'], b: [4, 'a'] }))],
  ])('by %s comes from %s', (_, expected, found) => {
    expect(found).toBe(expected);
  });

  it('makes one person of the first and the last of it', () => {
    const all = inviters({ opr_1: [100], opr_2: [101, 'opr_1'] });
    const last = { createdAt: 102 * DAY, invitedBy: 'opr_2' };
    const ends = [signer(1), signer(3, { ...last, invitedBy: comesFrom(last, all) })];
    expect(countPersons(ends)).toBe(1);
  });
});

describe('who may answer', () => {
  it.each<[string, Partial<Signer>, Partial<Question>, boolean]>([
    ['a member of the group', {}, {}, true],
    ['an admin of the group', { role: 'admin' }, {}, true],
    ['an auditor of the group', { role: 'auditor' }, {}, false],
    ['somebody outside the group', { groups: [] }, {}, false],
    ['an admin outside the group', { role: 'admin', groups: [] }, {}, false],
    ["the agent's owner", {}, { owner: 'p1@example.com' }, false],
    ["the agent's owner in other letters", {}, { owner: ' P1@EXAMPLE.COM' }, false],
    ['whoever wrote the change', {}, { author: signer(1) }, false],
    [
      'another account of whoever wrote it',
      {},
      { author: signer(7, { person: signer(1).person }) },
      false,
    ],
  ])('%s', (_, over, question, may) => {
    const asked = { ...TWO, ...question };
    expect(mayApprove(signer(1, over), asked).may).toBe(may);
    expect(have(asked, [signer(1, over)])).toEqual([may ? 1 : 0]);
  });

  it('a requirement without groups asks any approver', () => {
    const anyone: Question = { requirements: [{ rule: 'r', count: 1, groups: [] }] };
    expect(mayApprove(signer(1, { groups: [] }), anyone).may).toBe(true);
  });

  it('each requirement is met on its own, and one person counts for several', () => {
    const both: Question = {
      requirements: [
        { rule: 'a', count: 1, groups: ['dba'] },
        { rule: 'b', count: 2, groups: ['security'] },
      ],
    };
    const everywhere = signer(1, { groups: ['dba', 'security'] });
    expect(have(both, [everywhere])).toEqual([1, 1]);
    expect(isMet(standingOf(both, [everywhere, signer(2)]))).toBe(false);
    expect(isMet(standingOf(both, [everywhere, signer(2, { groups: ['security'] })]))).toBe(true);
  });

  it('nothing is met where nobody was asked', () => {
    expect(isMet(standingOf({ requirements: [] }, [signer(1)]))).toBe(false);
  });

  it('whoever may answer at all may say no, whatever his group', () => {
    expect(mayDeny(signer(1, { groups: [] }))).toBe(true);
    expect(mayDeny(signer(1, { role: 'auditor' }))).toBe(false);
  });
});
