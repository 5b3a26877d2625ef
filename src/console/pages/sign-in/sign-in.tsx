import { useMutation, useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { Button } from '../../parts/button.tsx';
import { Problem } from '../../parts/failure.tsx';
import { addressOf, callOnce } from '../../wire/call.ts';
import { keepSession } from '../../wire/session.ts';
import { signInWithPasskey } from '../../wire/sign-in.ts';
import { Door } from './door.tsx';

/** In the place of any page while nobody is signed in. */
export function SignInPage() {
  const options = useQuery({
    queryKey: ['signInOptions'],
    queryFn: ({ signal }) => callOnce('getSignInOptions', { signal }),
  });
  const signIn = useMutation({ mutationFn: signInWithPasskey, onSuccess: keepSession });
  if (options.data?.set_up) return <NotSetUp />;
  const sso = options.data?.sso;
  return (
    <Door title="Sign in" lead="Passkeys only: nothing to type, nothing to phish.">
      <Button look="primary" size="lg" busy={signIn.isPending} onClick={() => signIn.mutate()}>
        <KeyRound aria-hidden className="size-5" />
        Sign in with a passkey
      </Button>
      {sso && (
        <Button size="lg" asChild>
          <a href={addressOf('/v1/sign-in/sso')}>Continue with {sso.name}</a>
        </Button>
      )}
      <Problem error={signIn.error ?? options.error} />
    </Door>
  );
}

function NotSetUp() {
  return (
    <Door title="Not set up yet" lead="There is no operator yet, so there is nobody to sign in as.">
      <p className="text-sm text-ink-soft">
        The broker printed a set-up link when it started. It makes the first admin, works once, and
        for fifteen minutes. Start the broker again for another one.
      </p>
    </Door>
  );
}
