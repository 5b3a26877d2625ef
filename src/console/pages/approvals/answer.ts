import { useMutation } from '@tanstack/react-query';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { ShownError } from '../../parts/shown-error.ts';
import { toast } from '../../parts/toast.tsx';
import { call } from '../../wire/call.ts';
import { assertWith } from '../../wire/passkey.ts';
import { readAgain } from '../../wire/query.ts';
import { useSession } from '../../wire/session.ts';
import { isOver, isWhatIsShown } from './canonical.ts';

const DIFFERS =
  'What the broker asked to be signed is not what is shown here. Nothing was signed. Load the page again, and tell whoever runs the broker if it stays so.';

const again = () => readAgain('listApprovals', 'getApproval', 'overview');

/** Approves these, by one signature over exactly what is shown of each. */
export function useApprove(onDone?: () => void) {
  const session = useSession();
  return useMutation({
    mutationFn: async (shown: readonly Approval[]) => {
      const same = await Promise.all(shown.map(isWhatIsShown));
      if (same.includes(false)) throw new ShownError(DIFFERS);
      const ids = shown.map(({ id }) => id);
      const challenge = await call('openApprovalChallenge', { body: { ids, decision: 'approve' } });
      const signer = { issuer: session.issuer, operatorId: session.operator.id };
      if (!(await isOver(challenge, shown, signer))) throw new ShownError(DIFFERS);
      const assertion = await assertWith(challenge.publicKey);
      const { challenge_id } = challenge;
      return call('answerApprovals', { body: { challenge_id, assertion: { ...assertion } } });
    },
    onSuccess: ({ items }) => {
      const left = items.filter(({ state }) => state === 'pending').length;
      toast(left > 0 ? 'Signed. More persons are asked.' : 'Signed and approved.');
      onDone?.();
    },
    onSettled: again,
  });
}

/** Denies one; the session is proof enough. */
export function useDeny(onDone?: () => void) {
  return useMutation({
    mutationFn: ({ id, reason }: { readonly id: string; readonly reason: string }) =>
      call('answerApproval', {
        params: { id },
        body: { decision: 'deny', ...(reason === '' ? {} : { reason }) },
      }),
    onSuccess: () => {
      toast('Denied. Nothing was done.');
      onDone?.();
    },
    onSettled: again,
  });
}
