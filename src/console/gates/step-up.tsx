import { useMutation } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/failure.tsx';
import { stepUp } from '../wire/sign-in.ts';

/** Asks for the passkey before something that needs a fresh proof. */
export function StepUp({ leave }: { readonly leave: (passed: boolean) => void }) {
  const proof = useMutation({ mutationFn: stepUp, onSuccess: () => leave(true) });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && leave(false)}
      title="Confirm that it is you"
      description="This needs your passkey again. It holds for five minutes; what you typed stays."
      footer={
        <>
          <Button onClick={() => leave(false)}>Cancel</Button>
          <Button look="primary" busy={proof.isPending} onClick={() => proof.mutate()}>
            <KeyRound aria-hidden className="size-4" />
            Use passkey
          </Button>
        </>
      }
    >
      <Problem error={proof.error} />
    </Dialog>
  );
}
