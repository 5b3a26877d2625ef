import { type ReactNode, useId } from 'react';
import { CountersignError } from '../../sdk/error.ts';
import { classes } from './classes.ts';

export const CONTROL =
  'w-full rounded-lg border border-line-strong bg-surface px-3 py-2 text-sm text-ink placeholder:text-ink-faint aria-invalid:border-danger-ink';

interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  /** What the broker said about this field. */
  readonly problem?: string | undefined;
  /** The control, given what ties it to label, hint and problem. */
  readonly children: (control: {
    readonly id: string;
    readonly 'aria-describedby': string | undefined;
    readonly 'aria-invalid': true | undefined;
    readonly className: string;
  }) => ReactNode;
  readonly className?: string;
}

/** One labelled control, with the broker's message where it refused what was in it. */
export function Field({ label, hint, problem, children, className }: FieldProps) {
  const id = useId();
  const described = [hint !== undefined && `${id}-hint`, problem && `${id}-problem`];
  const ids = described.filter(Boolean).join(' ');
  return (
    <div className={classes('flex flex-col gap-1.5', className)}>
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children({
        id,
        'aria-describedby': ids || undefined,
        'aria-invalid': problem ? true : undefined,
        className: CONTROL,
      })}
      {problem && (
        <p id={`${id}-problem`} role="alert" className="text-[13px] text-danger-ink">
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="text-[13px] text-ink-faint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What the broker said about this field, without the field's name. */
export function problemOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof CountersignError)) return undefined;
  const named = error.problem?.field;
  if (named === undefined || (named !== field && !named.startsWith(`${field}.`))) return undefined;
  const prefix = `${named}: `;
  return error.detail.startsWith(prefix) ? error.detail.slice(prefix.length) : error.detail;
}

/** What the broker said that belongs to none of these fields. */
export function otherProblem(error: unknown, fields: readonly string[]): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  return fields.some((field) => problemOf(error, field) !== undefined) ? undefined : error;
}
