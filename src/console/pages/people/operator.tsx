import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { Role } from '../../../contract/route.ts';
import type { Operator } from '../../../contract/schemas/people.ts';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { toast } from '../../parts/toast.tsx';
import { useChange, useRead } from '../../wire/query.ts';
import { useMay, useSession } from '../../wire/session.ts';
import { EntryList } from '../audit/entry-list.tsx';
import { Named } from '../audit/words.tsx';
import { Sessions } from '../settings/sessions.tsx';
import { StateOf } from './operators.tsx';
import { RoleChoice } from './role-choice.tsx';

/** One operator: role, groups, sessions, and what is on record about the person. */
export function OperatorPage() {
  const { id = '' }: { id?: string } = useParams({ strict: false });
  const operator = useRead('getOperator', { params: { id } });
  if (!operator.data) {
    return (
      <Page title="Operator">
        {operator.error ? (
          <Failure error={operator.error} again={() => void operator.refetch()} />
        ) : (
          <Waiting rows={6} />
        )}
      </Page>
    );
  }
  return <Detail of={operator.data} />;
}

function Detail({ of }: { readonly of: Operator }) {
  const [open, setOpen] = useState<'role' | 'remove'>();
  const isAdmin = useMay('admin');
  const mayChange = isAdmin && of.state !== 'removed';
  const isOwn = useSession().operator.id === of.id;
  return (
    <Page
      title={of.name}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          <StateOf of={of} />
          {of.email}
        </span>
      }
      actions={
        mayChange && (
          <>
            {!of.role_from_sso && <Button onClick={() => setOpen('role')}>Change role</Button>}
            <Button look="danger-quiet" onClick={() => setOpen('remove')}>
              Remove
            </Button>
          </>
        )
      }
    >
      <div className="grid gap-5 xl:grid-cols-[minmax(0,24rem)_minmax(0,1fr)]">
        <Panel title="Who it is" className="self-start">
          <OperatorFacts of={of} />
        </Panel>
        <div className="flex min-w-0 flex-col gap-5">
          {(isAdmin || isOwn) && of.state === 'active' && <Sessions operator={of.id} />}
          <Panel title="What the audit says about this person" flush>
            <EntryList subject={of.id} />
          </Panel>
        </div>
      </div>
      {open === 'role' && <ChangeRole of={of} close={() => setOpen(undefined)} />}
      {open === 'remove' && <Remove of={of} close={() => setOpen(undefined)} />}
    </Page>
  );
}

function OperatorFacts({ of }: { readonly of: Operator }) {
  return (
    <Facts>
      <Fact name="Role">
        {of.role}
        {of.role_from_sso && ', as the identity provider says'}
      </Fact>
      <Fact name="Groups">{of.groups.join(', ') || 'none'}</Fact>
      <Fact name="Passkeys">{of.passkeys}</Fact>
      <Fact name="Invited by">
        {of.invited_by === null ? 'nobody: the first admin' : <Named id={of.invited_by} />}
      </Fact>
      {of.state === 'invited' && of.invited_until !== null && (
        <Fact name="Invitation">
          ends <Time at={of.invited_until} />
        </Fact>
      )}
      <Fact name="Since">
        <Time at={of.created_at} />
      </Fact>
      <Fact name="Id">
        <Copyable text={of.id} label="Copy the id" />
      </Fact>
    </Facts>
  );
}

function ChangeRole({ of, close }: { readonly of: Operator; readonly close: () => void }) {
  const [role, setRole] = useState<Role>(of.role);
  const change = useChange('setOperatorRole', ['getOperator', 'listOperators', 'listGroups'], {
    onSuccess: () => {
      close();
      toast(`${of.name} is ${role} now.`);
    },
  });
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Change the role of ${of.name}`}
      description="It holds from the next request on."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            look="primary"
            busy={change.isPending}
            disabled={role === of.role}
            onClick={() => change.mutate({ params: { id: of.id }, body: { role } })}
          >
            Change
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <RoleChoice role={role} onChange={setRole} />
        <Problem error={change.error} />
      </div>
    </Dialog>
  );
}

function Remove({ of, close }: { readonly of: Operator; readonly close: () => void }) {
  const remove = useChange('removeOperator', ['getOperator', 'listOperators', 'listGroups'], {
    onSuccess: () => {
      close();
      toast(`${of.name} is removed.`);
    },
  });
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Remove ${of.name}`}
      description="Sessions end at once, passkeys are removed. What this person approved stays verifiable: the audit keeps the public keys."
      word={of.email}
      action="Remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { id: of.id } })}
    />
  );
}
