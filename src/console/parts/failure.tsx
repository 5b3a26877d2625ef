import { Link } from '@tanstack/react-router';
import { CloudOff, RotateCw, Signature, TriangleAlert } from 'lucide-react';
import { CountersignError } from '../../sdk/error.ts';
import { Button } from './button.tsx';
import { ShownError } from './shown-error.ts';

/** What went wrong in words a person can act on. */
export function sentenceOf(error: Error): string {
  if (error instanceof ShownError) return error.message;
  if (!(error instanceof CountersignError))
    return 'Something here went wrong. Load the page again.';
  if (error.code === 'unreachable')
    return 'The broker cannot be reached. Nothing was changed here.';
  if (error.code === 'timeout')
    return 'The broker did not answer in time. See whether it was done before you try again.';
  return error.detail;
}

/** An error beside what caused it: the sentence, what to do, and the request's id for whoever looks. */
export function Problem({ error }: { readonly error: Error | null | undefined }) {
  if (!error) return null;
  if (error instanceof CountersignError && error.code === 'approval_required') {
    return <Awaits error={error} />;
  }
  const how = error instanceof CountersignError ? error.hint?.how : undefined;
  const id = error instanceof CountersignError ? error.requestId : undefined;
  return (
    <div
      role="alert"
      className="flex gap-3 rounded-lg bg-danger-soft p-3 text-sm text-danger-ink [overflow-wrap:anywhere]"
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        <p>{sentenceOf(error)}</p>
        {how && <p className="mt-1">{how}</p>}
        {id && <p className="mt-1 font-mono text-xs">{id}</p>}
      </div>
    </div>
  );
}

/** No failure: what was asked for waits for somebody's signature. */
function Awaits({ error }: { readonly error: CountersignError }) {
  const id = error.members['approval_id'];
  return (
    <div
      role="alert"
      className="flex gap-3 rounded-lg bg-accent-soft p-3 text-sm text-accent-ink [overflow-wrap:anywhere]"
    >
      <Signature aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        <p>{error.detail}</p>
        {typeof id === 'string' && (
          <p className="mt-1">
            <Link to="/approvals/$id" params={{ id }} className="font-medium underline">
              See the approval
            </Link>
            . Once it is approved it is done by itself.
          </p>
        )}
      </div>
    </div>
  );
}

/** In place of what could not be read. */
export function Failure({ error, again }: { readonly error: Error; readonly again: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <CloudOff aria-hidden className="size-8 text-ink-faint" />
      <p className="max-w-md text-sm text-ink-soft">{sentenceOf(error)}</p>
      <Button size="sm" onClick={again}>
        <RotateCw aria-hidden className="size-3.5" />
        Try again
      </Button>
    </div>
  );
}
