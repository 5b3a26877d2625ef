import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Lease } from '../../../contract/schemas/tasks.ts';
import { Button } from '../../parts/button.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { counted } from '../../parts/duration.ts';
import { Failure } from '../../parts/failure.tsx';
import { AgentName } from '../../parts/named.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { useRead } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { EntryList } from '../audit/entry-list.tsx';
import { AbandonDialog } from './abandon.tsx';
import { SandboxChanges } from './changes.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { isLive, LeaseState } from './state.tsx';

const EVERY_MS = 5_000;
const LINK = 'text-accent-ink underline-offset-2 hover:underline';

/** One lease: whose, for what, until when, and how it ended or why it has not. */
export function LeasePage() {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const lease = useRead('getLease', { params: { id } }, { every: EVERY_MS });
  if (!lease.data) {
    return (
      <Page title="Lease">
        {lease.error ? (
          <Failure error={lease.error} again={() => void lease.refetch()} />
        ) : (
          <Waiting rows={8} />
        )}
      </Page>
    );
  }
  return <Detail of={lease.data} />;
}

function Detail({ of }: { readonly of: Lease }) {
  const [open, setOpen] = useState<'revoke' | 'abandon'>();
  const mayRevoke = useMay('admin', 'approver');
  const mayAbandon = useMay('admin');
  const isOverdue = of.state === 'revoking' && of.overdue_since !== undefined;
  const scope = useRead('listScopes', { query: { limit: 200 } });
  const effect = scope.data?.items.find((one) => one.scope === of.scope)?.effect;
  return (
    <Page
      title={`Lease of ${of.scope}`}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <LeaseState of={of} />
          <Copyable text={of.id} label="Copy the id" />
        </span>
      }
      actions={
        <>
          {mayAbandon && isOverdue && (
            <Button onClick={() => setOpen('abandon')}>Give up on evidence</Button>
          )}
          {mayRevoke && isLive(of) && of.state !== 'revoking' && (
            <Button look="danger-quiet" onClick={() => setOpen('revoke')}>
              Revoke
            </Button>
          )}
        </>
      }
    >
      {isOverdue && <Overdue of={of} />}
      <div className="grid gap-5 xl:grid-cols-[minmax(0,24rem)_minmax(0,1fr)]">
        <Panel title="What it is" className="self-start">
          <LeaseFacts of={of} />
        </Panel>
        <div className="flex min-w-0 flex-col gap-5">
          {effect === 'sandbox' && of.state === 'active' && <SandboxChanges lease={of.id} />}
          <Panel title="What the audit says about it" flush>
            <EntryList subject={of.id} />
          </Panel>
        </div>
      </div>
      {open === 'revoke' && (
        <RevokeDialog target={{ kind: 'lease', id: of.id }} close={() => setOpen(undefined)} />
      )}
      {open === 'abandon' && <AbandonDialog lease={of} close={() => setOpen(undefined)} />}
    </Page>
  );
}

function LeaseFacts({ of }: { readonly of: Lease }) {
  return (
    <Facts>
      <Fact name="Agent">
        <AgentName id={of.agent_id} />
      </Fact>
      <Fact name="Task">
        <Link
          to="/tasks/$id"
          params={{ id: of.task_id }}
          className={`${LINK} font-mono text-[13px] break-all`}
        >
          {of.task_id}
        </Link>
      </Fact>
      <Fact name="Resource">
        <Link to="/resources/$name" params={{ name: of.resource }} className={LINK}>
          {of.resource}
        </Link>
      </Fact>
      <Fact name="Issued">
        <Time at={of.created_at} />
      </Fact>
      <Fact name={isLive(of) ? 'Ends' : 'Would have ended'}>
        <Time at={of.expires_at} />
      </Fact>
      {of.ended_at !== undefined && (
        <Fact name="Ended">
          <Time at={of.ended_at} />
          {of.end_reason !== undefined && `, ${of.end_reason}`}
        </Fact>
      )}
      {of.dead_ms !== undefined && <Fact name="Sessions at zero after">{of.dead_ms} ms</Fact>}
    </Facts>
  );
}

function Overdue({ of }: { readonly of: Lease }) {
  return (
    <div
      role="status"
      className="rounded-xl bg-danger-soft p-4 text-sm break-words text-danger-ink"
    >
      <p>
        <strong>Overdue</strong>
        {of.overdue_since !== undefined && (
          <>
            {' '}
            since <Time at={of.overdue_since} />
          </>
        )}
        : the login may still open {of.resource}. The broker has tried{' '}
        {counted(of.attempts ?? 0, 'time')} and goes on.
      </p>
      {of.last_error !== undefined && <p className="mt-1">The cause: {of.last_error}</p>}
    </div>
  );
}
