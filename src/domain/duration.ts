const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600 };

/**
 * Reads `30s`, `15m` or `8h` as whole seconds (1 … 86,400).
 * @returns seconds, or `undefined` when the text is anything else
 */
export function parseDuration(text: string): number | undefined {
  const match = /^([1-9][0-9]{0,5})([smh])$/.exec(text);
  if (!match) return undefined;
  const seconds = Number(match[1]) * (UNITS[match[2] ?? ''] ?? Number.NaN);
  return seconds >= 1 && seconds <= 86_400 ? seconds : undefined;
}

/** The shortest of `90s`, `15m`, `8h` that says the same. */
export function formatDuration(seconds: number): string {
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
