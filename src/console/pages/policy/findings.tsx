import { CircleCheck, CircleX, LoaderCircle, TriangleAlert } from 'lucide-react';
import { counted } from '../../parts/duration.ts';
import { Problem } from '../../parts/failure.tsx';
import type { Validation } from './validation.ts';

/** What the broker says about the files as they stand, each finding with its place. */
export function Findings({
  validation,
  open,
}: {
  readonly validation: Validation;
  readonly open: (file: string, line: number) => void;
}) {
  const { findings } = validation;
  return (
    <section
      aria-label="Validation"
      className="flex flex-col gap-3 rounded-xl border border-line bg-surface p-4 text-sm shadow-card"
    >
      <div role="status" className="flex items-center gap-2">
        <Said validation={validation} />
      </div>
      {validation.state === 'failed' && <Problem error={validation.error} />}
      {findings.length > 0 && (
        <ul className="flex max-h-64 flex-col gap-0.5 overflow-y-auto">
          {findings.map(({ file, line, message, severity }) => (
            <li key={`${file}:${line}:${message}`}>
              <button
                type="button"
                onClick={() => open(file, line)}
                className="flex w-full items-start gap-2 rounded-lg px-2 py-1.5 text-left hover:bg-hover"
              >
                {severity === 'error' ? (
                  <CircleX
                    aria-label="Problem"
                    className="mt-0.5 size-4 shrink-0 text-danger-ink"
                  />
                ) : (
                  <TriangleAlert
                    aria-label="Warning"
                    className="mt-0.5 size-4 shrink-0 text-warn-ink"
                  />
                )}
                <span className="min-w-0 break-words">
                  <span className="font-mono text-[13px] text-ink-faint">
                    {file}:{line}
                  </span>{' '}
                  {message}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Said({ validation }: { readonly validation: Validation }) {
  const { state, findings } = validation;
  if (state === 'checking') {
    return (
      <>
        <LoaderCircle aria-hidden className="size-4 animate-spin text-ink-faint" />
        <span className="text-ink-soft">Checking …</span>
      </>
    );
  }
  if (state === 'valid') {
    const warnings = findings.length > 0 ? `, ${counted(findings.length, 'warning')}` : '';
    return (
      <>
        <CircleCheck aria-hidden className="size-4 text-good-ink" />
        <span>
          Valid: {counted(validation.tests, 'test')} of the bundle pass{warnings}.
        </span>
      </>
    );
  }
  if (state === 'failed') return <span>It could not be checked.</span>;
  return (
    <>
      <CircleX aria-hidden className="size-4 text-danger-ink" />
      <span>
        {counted(findings.length, 'problem')}: it would be refused whole, and the active version
        would stay.
      </span>
    </>
  );
}
