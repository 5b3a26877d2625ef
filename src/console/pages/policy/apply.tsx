import { useNavigate } from '@tanstack/react-router';
import { Signature } from 'lucide-react';
import { useRef, useState } from 'react';
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
  const { apply, isBusy, error } = useApply(props);
  if (!useMay('admin')) {
    return <p className="text-sm text-ink-soft">An admin applies it.</p>;
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
  const running = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  // Kept when only the activation failed: trying again does not store it twice.
  const [kept, setKept] = useState(stored);
  const navigate = useNavigate();
  const apply = async (note: string) => {
    // Known at once: the second of two quick clicks comes before the page shows that it is busy.
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setError(null);
    try {
      if ((await activeVersion()) !== active) {
        await readAgain('listBundles');
        throw new Stale();
      }
      const version = kept ?? (await call('storeBundle', { body: { files, note } })).version;
      setKept(version);
      const answer = await call('activateBundle', {
        params: { version: String(version) },
        query: { from: active },
      });
      if (stored === undefined) dropDraft();
      const approval = 'approval_id' in answer ? answer.approval_id : undefined;
      await readAgain('listBundles', 'getResource', 'listResources', 'listScopes', 'listGroups');
      if (approval !== undefined) {
        toast(`Version ${version} is stored, and waits for an approval.`);
        void navigate({ to: '/approvals/$id', params: { id: approval } });
        return;
      }
      toast(`Version ${version} is active.`);
      void navigate({ to: '/policy', search: { view: 'versions' } });
    } catch (failure) {
      setError(failure instanceof Error ? failure : new Error());
    } finally {
      running.current = false;
      setBusy(false);
    }
  };
  return { apply, isBusy, error };
}
