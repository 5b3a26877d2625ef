import { z } from 'zod';
import { parseDuration } from '../../../domain/duration.ts';
import { scopeUnfit } from '../../../domain/errors.ts';
import type { Scope } from '../../../domain/scope.ts';

const UNITS = { MB: 2 ** 20, GB: 2 ** 30 } as const;
const LONGEST_STATEMENT_S = 3600;

/** `500MB`, `1GB` → bytes; a terabyte at most. */
const size = z
  .string()
  .regex(/^[1-9][0-9]{0,5}(?:MB|GB)$/, 'must be a size like 500MB or 1GB')
  .transform((text) => Number(text.slice(0, -2)) * UNITS[text.slice(-2) as keyof typeof UNITS])
  .refine((bytes) => bytes <= 2 ** 40, 'must be at most 1024GB');

/** What stands under `sandbox:` in a scope of the bundle. Sizes become bytes, durations milliseconds. */
const sandboxSchema = z.strictObject({
  template: z.string().min(1).max(63),
  max_size: size.default(2 ** 30),
  statement_timeout: z
    .string()
    .refine((text) => (parseDuration(text) ?? Infinity) <= LONGEST_STATEMENT_S, {
      message: `must be a duration like 10m, at most ${LONGEST_STATEMENT_S}s`,
    })
    .transform((text) => (parseDuration(text) ?? 0) * 1000)
    .default(600_000),
  connections: z.number().int().min(1).max(50).default(5),
});
export type SandboxConstraints = z.output<typeof sandboxSchema>;

/** Problems of a sandbox scope, as sentences. */
export function sandboxProblems(scope: Scope): string[] {
  const result = sandboxSchema.safeParse(scope.constraints);
  if (result.success) return [];
  return result.error.issues.map(
    (issue) => `sandbox${issue.path.map((step) => `.${String(step)}`).join('')}: ${issue.message}.`,
  );
}

/** The same where only valid constraints are expected. */
export function sandboxOf(scope: Scope): SandboxConstraints {
  const result = sandboxSchema.safeParse(scope.constraints);
  if (result.success) return result.data;
  throw scopeUnfit(scope.id, sandboxProblems(scope));
}
