const STEPS: readonly [unit: string, seconds: number][] = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
  ['s', 1],
];

/** `in 14m`, `3h ago`, `now`: one unit is enough to decide by. `iso` is RFC 3339. */
export function relativeTime(iso: string, nowMs: number): string {
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1000);
  if (Number.isNaN(seconds)) return '?';
  if (Math.abs(seconds) < 1) return 'now';
  const text = span(Math.abs(seconds));
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

/** `90s` → `1m`, in the largest whole unit; below two of a unit, the next smaller one says more. */
function span(seconds: number): string {
  for (const [unit, size] of STEPS) {
    if (seconds >= 2 * size || size === 1) return `${Math.floor(seconds / size)}${unit}`;
  }
  return `${seconds}s`;
}
