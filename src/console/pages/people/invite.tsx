import { UserPlus } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { Role } from '../../../contract/route.ts';
import { Button } from '../../parts/button.tsx';
import { CopyText } from '../../parts/copyable.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { formText } from '../../parts/form-text.ts';
import { Time } from '../../parts/time.tsx';
import { useChange } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';
import { RoleChoice } from './role-choice.tsx';

const FORM = 'invite-operator';

/** Invites somebody, for admins. */
export function InviteButton() {
  const [isOpen, setOpen] = useState(false);
  if (!useMay('admin')) return null;
  return (
    <>
      <Button look="primary" onClick={() => setOpen(true)}>
        <UserPlus aria-hidden className="size-4" />
        Invite
      </Button>
      {isOpen && <InviteDialog close={() => setOpen(false)} />}
    </>
  );
}

function InviteDialog({ close }: { readonly close: () => void }) {
  const [role, setRole] = useState<Role>('approver');
  const invite = useChange('inviteOperator', ['listOperators']);
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    invite.mutate({ body: { name: formText(form, 'name'), email: formText(form, 'email'), role } });
  };
  if (invite.data) return <HandOver of={invite.data.invitation} close={close} />;
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Invite an operator"
      description="You get a link to hand over. Whoever opens it registers a passkey, and is in."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" form={FORM} busy={invite.isPending}>
            Make the link
          </Button>
        </>
      }
    >
      <form id={FORM} onSubmit={send} className="flex flex-col gap-4">
        <Field label="Name" problem={problemOf(invite.error, 'name')}>
          {(control) => (
            <input {...control} name="name" autoComplete="off" required maxLength={100} />
          )}
        </Field>
        <Field
          label="E-mail"
          hint="Approver groups list people by it."
          problem={problemOf(invite.error, 'email')}
        >
          {(control) => (
            <input
              {...control}
              name="email"
              inputMode="email"
              autoComplete="off"
              required
              maxLength={254}
            />
          )}
        </Field>
        <RoleChoice role={role} onChange={setRole} />
        <Problem error={otherProblem(invite.error, ['name', 'email'])} />
      </form>
    </Dialog>
  );
}

/** Closed only on purpose: the second of two quick clicks must not throw the one link away. */
function HandOver({
  of,
  close,
}: {
  readonly of: { readonly url: string; readonly expires_at: string };
  readonly close: () => void;
}) {
  const [isHandedOver, setHandedOver] = useState(false);
  return (
    <Dialog
      open
      held
      onOpenChange={close}
      title="Hand over this link"
      footer={
        <Button look="primary" disabled={!isHandedOver} onClick={close}>
          Close
        </Button>
      }
    >
      <div className="flex flex-col gap-4 text-sm">
        <p>
          It is shown <strong>only now</strong>, works once, and ends <Time at={of.expires_at} />.
          Whoever has it can register in this person’s name: send it by a way only they read.
        </p>
        <code
          data-testid="invitation-link"
          className="rounded-lg border border-line bg-sunken p-3.5 font-mono text-[13px] break-all"
        >
          {of.url}
        </code>
        <CopyText text={of.url} label="Copy the link" />
        <label className="flex items-center gap-2">
          <input
            type="checkbox"
            checked={isHandedOver}
            onChange={(event) => setHandedOver(event.target.checked)}
            className="size-4 accent-accent"
          />
          I have handed it over
        </label>
      </div>
    </Dialog>
  );
}
