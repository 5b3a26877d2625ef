import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  APPROVAL_STATES,
  type ApprovalState,
  isOpen,
  mayFollow,
  stateAt,
} from '../../src/domain/approval.ts';

/** What may happen to an approval, in the words of its states. */
const anyState = fc.constantFrom(...APPROVAL_STATES);
const OPEN: readonly ApprovalState[] = ['pending', 'approved'];

describe('the states of an approval', () => {
  it('the first final state wins, whatever is tried after it', () => {
    fc.assert(
      fc.property(fc.array(anyState, { maxLength: 30 }), (tried) => {
        let state: ApprovalState = 'pending';
        const reached: ApprovalState[] = [];
        for (const next of tried) {
          if (!mayFollow(state, next)) continue;
          state = next;
          reached.push(next);
        }
        // At most: approved, then one end. Used only after approved, denied never after it.
        expect(reached.length).toBeLessThanOrEqual(2);
        expect(reached.filter((one) => !OPEN.includes(one)).length).toBeLessThanOrEqual(1);
        if (reached.includes('used')) expect(reached).toEqual(['approved', 'used']);
        if (reached.includes('denied')) expect(reached).toEqual(['denied']);
      }),
    );
  });

  it('nothing follows a final state, and nothing comes back to pending', () => {
    for (const from of APPROVAL_STATES) {
      expect(mayFollow(from, 'pending'), from).toBe(false);
      const end = !OPEN.includes(from);
      expect(
        APPROVAL_STATES.some((to) => mayFollow(from, to)),
        from,
      ).toBe(!end);
    }
  });

  it('time alone expires what is open, at its very moment, and nothing else', () => {
    fc.assert(
      fc.property(anyState, fc.integer(), fc.integer(), (state, expiresAt, now) => {
        const over = OPEN.includes(state) && now >= expiresAt;
        expect(stateAt({ state, expiresAt }, now)).toBe(over ? 'expired' : state);
        expect(isOpen({ state, expiresAt }, now)).toBe(OPEN.includes(state) && !over);
      }),
    );
  });
});
