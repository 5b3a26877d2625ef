import { useMutation } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/failure.tsx';
import { forgetSession, keepSession, known } from '../wire/session.ts';
import { signInWithPasskey } from '../wire/sign-in.ts';

/**
 * The session ended while somebody worked. Signing in again continues where they were; somebody else
 * who signs in starts afresh, and nothing is done in their name.
 */
export function SignInAgain({ leave }: { readonly leave: (passed: boolean) => void }) {
  const signIn = useMutation({
    mutationFn: signInWithPasskey,
    onSuccess: (session) => {
      const same = known()?.operator.id === session.operator.id;
      if (!same) forgetSession();
      keepSession(session);
      leave(same);
    },
  });
  return (
    <Dialog
      open
      held
      onOpenChange={() => undefined}
      title="Your session has ended"
      description="Sign in again to go on. What you typed is still here, and nothing was sent."
      footer={
        <>
          <Button
            onClick={() => {
              leave(false);
              forgetSession();
            }}
          >
            Leave
          </Button>
          <Button look="primary" busy={signIn.isPending} onClick={() => signIn.mutate()}>
            <KeyRound aria-hidden className="size-4" />
            Sign in with a passkey
          </Button>
        </>
      }
    >
      <Problem error={signIn.error} />
    </Dialog>
  );
}
