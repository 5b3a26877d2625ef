import { CircleCheck, TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { VerifyLine } from '../../../contract/schemas/inspect.ts';
import { CountersignError } from '../../../sdk/error.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { readAgain } from '../../wire/query.ts';
import { lines } from '../../wire/lines.ts';

type Verdict = Extract<VerifyLine, { verdict: unknown }>['verdict'];
type Step = Extract<VerifyLine, { checked: number }>;

const ANCHORS: Readonly<Record<Verdict['anchor'], string>> = {
  given:
    'The head you gave is in the chain: nothing before it was changed, and its tail was not cut.',
  witness:
    'The head that this broker’s witness keeps outside the store is in the chain: the store was not rolled back.',
  none: 'No head kept outside was compared: a history that was rewritten from its first entry would pass too.',
};

/** Has the broker check every link now, and shows how far it is. */
export function VerifyDialog({ close }: { readonly close: () => void }) {
  const [head, setHead] = useState('');
  const { step, verdict, error, isRunning, start } = useVerification();
  return (
    <Dialog
      open
      wide
      onOpenChange={close}
      title="Verify the audit"
      description="The broker reads every entry again and checks its hash, its number and its link to the one before. The verdict goes on record."
      footer={
        <>
          <Button onClick={close}>{verdict ? 'Close' : 'Cancel'}</Button>
          <Button look="primary" busy={isRunning} onClick={() => void start(head.trim())}>
            {verdict ? 'Verify again' : 'Verify'}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        <Field
          label="A head kept outside"
          hint="Number and hash of an entry you noted earlier: every export prints one. Left empty, the broker’s witness is used."
          problem={problemOf(error, 'head')}
        >
          {(control) => (
            <input
              {...control}
              value={head}
              placeholder="1234:9f2c…"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setHead(event.target.value)}
              className={`${control.className} font-mono`}
            />
          )}
        </Field>
        <Problem error={otherProblem(error, ['head'])} />
        {step && !verdict && <Progress step={step} />}
        {verdict && <Shown verdict={verdict} />}
        <p className="text-[13px] text-ink-faint">
          This is the broker’s word about itself. Whoever would rather not take it exports the chain
          and runs <code>countersign audit verify audit.ndjson --head …</code> elsewhere.
        </p>
      </div>
    </Dialog>
  );
}

function useVerification() {
  const [step, setStep] = useState<Step>();
  const [verdict, setVerdict] = useState<Verdict>();
  const [error, setError] = useState<Error>();
  const [isRunning, setRunning] = useState(false);
  const leaving = useRef(new AbortController());
  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    return () => controller.abort();
  }, []);
  const start = async (head: string) => {
    const { signal } = leaving.current;
    setRunning(true);
    setError(undefined);
    setVerdict(undefined);
    try {
      const body = head === '' ? {} : { head };
      for await (const line of lines('verifyAudit', { body, signal })) {
        const parsed = VerifyLine.parse(line);
        if ('verdict' in parsed) setVerdict(parsed.verdict);
        else setStep(parsed);
      }
      await readAgain('listAudit');
    } catch (failure) {
      if (!signal.aborted) setError(failure instanceof CountersignError ? failure : new Error());
    } finally {
      setRunning(false);
    }
  };
  return { step, verdict, error, isRunning, start };
}

function Progress({ step: { checked, of } }: { readonly step: Step }) {
  return (
    <div className="flex flex-col gap-2 text-sm">
      <progress
        aria-label="Entries checked"
        value={checked}
        max={of}
        className="h-2 w-full accent-accent"
      />
      <p role="status" className="tabular-nums text-ink-soft">
        {checked.toLocaleString('en')} of {of.toLocaleString('en')} entries
      </p>
    </div>
  );
}

function Shown({ verdict }: { readonly verdict: Verdict }) {
  const { ok, entries, head, anchor, anchored, first_bad: bad } = verdict;
  const Icon = ok ? CircleCheck : TriangleAlert;
  return (
    <div
      role="status"
      className={`flex gap-3 rounded-xl p-4 text-sm ${ok ? 'bg-good-soft' : 'bg-danger-soft'}`}
    >
      <Icon
        aria-hidden
        className={`mt-0.5 size-5 shrink-0 ${ok ? 'text-good-ink' : 'text-danger-ink'}`}
      />
      <div className="flex min-w-0 flex-col gap-2 break-words">
        <p className={`font-semibold ${ok ? 'text-good-ink' : 'text-danger-ink'}`}>
          {ok
            ? `All ${entries.toLocaleString('en')} entries hold`
            : `The chain is broken at entry ${bad?.seq}`}
        </p>
        {bad && (
          <p>
            {bad.problem}. The {entries.toLocaleString('en')} entries before it hold.
          </p>
        )}
        {ok && <p>{ANCHORS[anchored ? anchor : 'none']}</p>}
        <p className="flex flex-wrap items-baseline gap-x-2 text-ink-soft">
          Head, to keep outside: <Copyable text={head} label="Copy the head" />
        </p>
      </div>
    </div>
  );
}
