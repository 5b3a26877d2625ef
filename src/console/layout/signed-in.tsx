import { Door } from '../pages/sign-in/door.tsx';
import { SignInPage } from '../pages/sign-in/sign-in.tsx';
import { Failure } from '../parts/failure.tsx';
import { SessionContext, useSessionQuery } from '../wire/session.ts';
import { Shell } from './shell.tsx';

/** The shell for whoever is signed in, the sign-in page for everybody else; the address stays. */
export function SignedIn() {
  const { data: session, error, refetch } = useSessionQuery();
  if (session) {
    return (
      <SessionContext value={session}>
        <Shell />
      </SessionContext>
    );
  }
  if (session === null) return <SignInPage />;
  if (!error) return null;
  return (
    <Door title="The console cannot start">
      <Failure error={error} again={() => void refetch()} />
    </Door>
  );
}
