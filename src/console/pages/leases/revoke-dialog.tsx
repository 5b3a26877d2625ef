import { Confirm } from '../../parts/confirm.tsx';
import { toast } from '../../parts/toast.tsx';
import { Preview } from '../../stop/preview.tsx';
import { useChange } from '../../wire/query.ts';

/** What ends with everything below it. To stop an agent or a resource is another thing. */
export interface Target {
  readonly kind: 'task' | 'grant' | 'token' | 'lease';
  readonly id: string;
}

const SAYS: Readonly<Record<Target['kind'], string>> = {
  task: 'The task ends, and everything that was handed out below it.',
  grant: 'The grant ends, with its tokens and the leases below them. The task goes on.',
  token: 'The token is refused from now on, and the leases that were issued to it end.',
  lease: 'The login is removed at the resource and its sessions are ended. The token goes on.',
};

/** Ends one thing and everything below it, after it has said what that is. */
export function RevokeDialog({
  target: { kind, id },
  close,
}: {
  readonly target: Target;
  readonly close: () => void;
}) {
  const revoke = useChange(
    'revoke',
    ['listLeases', 'getLease', 'listTokens', 'listGrants', 'listTasks', 'getTask', 'overview'],
    {
      onSuccess: ({ ended }) => {
        close();
        toast(`Revoked. ${ended.tokens} tokens and ${ended.leases} leases are ending.`);
      },
    },
  );
  return (
    <Confirm
      open
      onOpenChange={close}
      title={`Revoke this ${kind}`}
      description={SAYS[kind]}
      withReason
      action={`Revoke the ${kind}`}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={(reason) => revoke.mutate({ body: { [kind]: id, reason } })}
    >
      <Preview kind={kind} id={id} />
    </Confirm>
  );
}
