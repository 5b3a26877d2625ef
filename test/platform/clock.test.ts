import { describe, expect, it } from 'vitest';
import { isId } from '../../src/domain/ids.ts';
import { createStoreClock } from '../../src/platform/clock.ts';
import { createNewId } from '../../src/platform/random.ts';

function setUp() {
  const time = { wall: 1_000_000, monotonic: 50 };
  const clock = createStoreClock({ wallMs: () => time.wall, monotonicMs: () => time.monotonic });
  return { time, clock };
}

describe('the store clock', () => {
  it('follows the store and runs on the monotonic clock in between', () => {
    const { time, clock } = setUp();
    expect(clock.now()).toBe(1_000_000);
    clock.sync(2_000_000);
    time.monotonic += 10.6;
    expect(clock.now()).toBe(2_000_010);
    expect(clock.monotonic()).toBe(60.6);
  });

  it('does not see a step of the local clock', () => {
    const { time, clock } = setUp();
    clock.sync(2_000_000);
    time.wall -= 3_600_000;
    expect(clock.now()).toBe(2_000_000);
  });

  it('stands still when the store is set back, and goes on from there', () => {
    const { time, clock } = setUp();
    clock.sync(2_000_000);
    clock.now();
    clock.sync(1_999_000);
    expect(clock.now()).toBe(2_000_000);
    time.monotonic += 1500;
    expect(clock.now()).toBe(2_000_500);
  });
});

it('makes well-formed ids, none twice', () => {
  const newId = createNewId(() => 1_790_000_000_000);
  const ids = Array.from({ length: 2000 }, () => newId('lease'));
  expect(new Set(ids).size).toBe(2000);
  expect(ids.every((id) => isId('lease', id))).toBe(true);
});
