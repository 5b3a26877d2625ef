/** `1.5 GB`, `80 MB`: for people. */
export function formatBytes(bytes: number): string {
  const [divisor, unit] = bytes >= 2 ** 30 ? [2 ** 30, 'GB'] : [2 ** 20, 'MB'];
  return `${Math.round((bytes / divisor) * 10) / 10} ${unit}`;
}
