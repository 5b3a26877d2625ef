import { useNavigate } from '@tanstack/react-router';
import { Signature } from 'lucide-react';
import { useState } from 'react';
import type { BundleDiff } from '../../../contract/schemas/policy.ts';
import { Button } from '../../parts/button.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { Panel } from '../../parts/panel.tsx';
import { toast } from '../../parts/toast.tsx';
import { call } from '../../wire/call.ts';
import { readAgain } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { activeVersion } from './active.ts';
import { dropDraft } from './draft.ts';
import type { Files } from './merge-drafts.ts';

type Outcome = { readonly version: number; readonly approvalUri: string | undefined };

interface ApplyProps {
  readonly files: Files;
  readonly active: number;
  /** The version that has these files already: a rollback, or one that waits. */
  readonly stored: number | undefined;
  readonly diff: BundleDiff;
}

/** Stores the files as a version with a note, and makes it the active one or asks for its approval. */
export function Apply(props: ApplyProps) {
  const { stored, active, diff } = props;
  const [note, setNote] = useState('');
  const { apply, isBusy, error, outcome } = useApply(props);
  if (!useMay('admin')) {
    return <p className="text-sm text-ink-soft">An admin applies it.</p>;
  }
  if (outcome?.approvalUri !== undefined) {
    return <Waits version={outcome.version} approvalUri={outcome.approvalUri} />;
  }
  const isRollback = stored !== undefined && stored < active;
  const widens = diff.widens.length > 0;
  return (
    <Panel
      title={
        stored === undefined
          ? 'Apply'
          : `${isRollback ? 'Roll back to' : 'Activate'} version ${stored}`
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void apply(note.trim());
        }}
      >
        {stored === undefined && (
          <Field
            label="Note"
            hint="Why, in a sentence. It stands beside your name in the list of versions."
            problem={problemOf(error, 'note')}
          >
            {(control) => (
              <input
                {...control}
                value={note}
                maxLength={500}
                onChange={(event) => setNote(event.target.value)}
              />
            )}
          </Field>
        )}
        <p className="text-sm text-ink-soft">
          Grants that are live are decided again; what is no longer allowed ends.
        </p>
        <Problem error={otherProblem(error, ['note'])} />
        <div className="flex justify-end">
          <Button type="submit" look="primary" busy={isBusy}>
            {widens && <Signature aria-hidden className="size-4" />}
            {labelOf(widens, stored, isRollback)}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function labelOf(widens: boolean, stored: number | undefined, isRollback: boolean): string {
  if (widens) return 'Ask for approval';
  if (stored === undefined) return 'Apply';
  return isRollback ? `Roll back to ${stored}` : `Activate ${stored}`;
}

class Stale extends Error {}

function useApply({ files, active, stored }: ApplyProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [outcome, setOutcome] = useState<Outcome>();
  // Kept when only the activation failed: trying again does not store it twice.
  const [kept, setKept] = useState(stored);
  const navigate = useNavigate();
  const apply = async (note: string) => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    try {
      if ((await activeVersion()) !== active) {
        await readAgain('listBundles');
        throw new Stale();
      }
      const version = kept ?? (await call('storeBundle', { body: { files, note } })).version;
      setKept(version);
      const answer = await call('activateBundle', { params: { version: String(version) } });
      if (stored === undefined) dropDraft();
      const approvalUri = approvalUriOf(answer);
      setOutcome({ version, approvalUri });
      await readAgain('listBundles', 'getResource', 'listResources', 'listScopes', 'listGroups');
      if (approvalUri !== undefined) return;
      toast(`Version ${version} is active.`);
      void navigate({ to: '/policy', search: { view: 'versions' } });
    } catch (failure) {
      setError(failure instanceof Error ? failure : new Error());
    } finally {
      setBusy(false);
    }
  };
  return { apply, isBusy, error, outcome };
}

/** A widening of a protected environment is not activated: it waits for somebody else. */
function approvalUriOf(answer: object): string | undefined {
  return 'approval_uri' in answer ? String(answer.approval_uri) : undefined;
}

function Waits(props: { readonly version: number; readonly approvalUri: string }) {
  return (
    <section className="flex flex-col items-start gap-3 rounded-xl bg-accent-soft p-5 text-sm">
      <h2 className="font-semibold text-accent-ink">
        Version {props.version} waits for an approval
      </h2>
      <p>
        It is stored, and takes effect when it is approved. Whoever approves sees this same
        comparison and signs its digest.
      </p>
      <Button asChild look="primary">
        <a href={props.approvalUri}>See the approval</a>
      </Button>
    </section>
  );
}
