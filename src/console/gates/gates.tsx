import { useGate } from '../wire/gates.ts';
import { SignInAgain } from './sign-in-again.tsx';
import { StepUp } from './step-up.tsx';

/** What a person may have to prove in the middle of something; the page below keeps what was typed. */
export function Gates() {
  const gate = useGate();
  if (gate?.kind === 'sign_in') return <SignInAgain leave={gate.leave} />;
  if (gate?.kind === 'step_up') return <StepUp leave={gate.leave} />;
  return null;
}
