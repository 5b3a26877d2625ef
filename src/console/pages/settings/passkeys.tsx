import { browserSupportsWebAuthn } from '@simplewebauthn/browser';
import { useMutation } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import type { ItemOf } from '../../../sdk/call-types.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Field, otherProblem, problemOf } from '../../parts/field.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { toast } from '../../parts/toast.tsx';
import { call } from '../../wire/call.ts';
import { registerWith } from '../../wire/passkey.ts';
import { readAgain, useChange, usePages } from '../../wire/query.ts';

type Passkey = ItemOf<'listPasskeys'>;

/** Your own passkeys: one more on another device, and none that is lost. */
export function Passkeys() {
  const passkeys = usePages('listPasskeys');
  const [open, setOpen] = useState<'add' | Passkey>();
  const close = () => setOpen(undefined);
  return (
    <Panel
      title="Your passkeys"
      aside={
        <Button size="sm" disabled={!browserSupportsWebAuthn()} onClick={() => setOpen('add')}>
          <Plus aria-hidden className="size-3.5" />
          Add one
        </Button>
      }
    >
      {passkeys.isPending && <Waiting rows={2} />}
      {passkeys.error && passkeys.items.length === 0 && (
        <Failure error={passkeys.error} again={passkeys.again} />
      )}
      <ul className="flex flex-col divide-y divide-line text-sm">
        {passkeys.items.map((passkey) => (
          <li key={passkey.id} className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
            <KeyRound aria-hidden className="size-4 shrink-0 text-ink-faint" />
            <div className="min-w-0 flex-1">
              <div className="flex flex-wrap items-center gap-2">
                <span className="font-medium break-words">{passkey.name || 'unnamed'}</span>
                {passkey.backed_up && <Badge>synced</Badge>}
              </div>
              <div className="text-[13px] text-ink-faint">
                added <Time at={passkey.created_at} />
                {passkey.last_used_at !== null && (
                  <>
                    , used <Time at={passkey.last_used_at} />
                  </>
                )}
              </div>
            </div>
            <Button size="sm" look="ghost" onClick={() => setOpen(passkey)}>
              Remove<span className="sr-only"> {passkey.name}</span>
            </Button>
          </li>
        ))}
      </ul>
      {passkeys.items.length === 1 && (
        <p className="mt-3 rounded-lg bg-warn-soft px-3 py-2 text-[13px] text-warn-ink">
          With one passkey, a lost device locks you out. Add another on a second device.
        </p>
      )}
      {open === 'add' && <AddPasskey close={close} />}
      {open !== undefined && open !== 'add' && <RemovePasskey of={open} close={close} />}
    </Panel>
  );
}

function AddPasskey({ close }: { readonly close: () => void }) {
  const [name, setName] = useState('');
  const add = useMutation({
    mutationFn: async () => {
      const { ceremony_id, publicKey } = await call('beginPasskey', { body: {} });
      const attestation = await registerWith(publicKey);
      const named = name.trim() === '' ? {} : { name: name.trim() };
      return call('addPasskey', {
        body: { ceremony_id, attestation, ...named },
      });
    },
    retry: false,
    onSuccess: async () => {
      close();
      toast('The passkey is registered.');
      await readAgain('listPasskeys', 'listOperators', 'getOperator');
    },
  });
  return (
    <Dialog
      open
      onOpenChange={close}
      title="Add a passkey"
      description="This device, a phone beside it, or a security key."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" busy={add.isPending} onClick={() => add.mutate()}>
            Go on
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field
          label="Name"
          hint="So that you know which one to remove when a device is lost."
          problem={problemOf(add.error, 'name')}
        >
          {(control) => (
            <input
              {...control}
              value={name}
              maxLength={60}
              placeholder="Phone"
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Problem error={otherProblem(add.error, ['name'])} />
      </div>
    </Dialog>
  );
}

function RemovePasskey({ of, close }: { readonly of: Passkey; readonly close: () => void }) {
  const remove = useChange('removePasskey', ['listPasskeys', 'listOperators', 'getOperator'], {
    onSuccess: () => {
      close();
      toast('The passkey is removed.');
    },
  });
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Remove ${of.name || 'this passkey'}`}
      description="It signs nobody in any more. What was approved with it stays verifiable."
      action="Remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { id: of.id } })}
    />
  );
}
