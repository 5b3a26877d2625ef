import { type ReactNode, useState } from 'react';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { Problem } from './failure.tsx';
import { Reason } from './reason.tsx';
import { TypedName } from './typed-name.tsx';

interface ConfirmProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  /** What it will do, in full. */
  readonly children?: ReactNode;
  /** What must be typed; without it one press is enough. */
  readonly word?: string;
  /** Asks for a reason, which goes on record. */
  readonly withReason?: boolean;
  readonly action: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onConfirm: (reason: string) => void;
}

/** Asks before something is done that is hard to take back. */
export function Confirm(props: ConfirmProps) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const { word, withReason = false, action, busy } = props;
  const ready = (word === undefined || typed === word) && (!withReason || reason.trim() !== '');
  const change = (open: boolean) => {
    if (!open) setTyped('');
    props.onOpenChange(open);
  };
  return (
    <Dialog
      open={props.open}
      onOpenChange={change}
      title={props.title}
      description={props.description}
      footer={
        <>
          <Button onClick={() => change(false)}>Cancel</Button>
          <Button
            look="danger"
            busy={busy}
            disabled={!ready}
            onClick={() => props.onConfirm(reason.trim())}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {props.children}
        {withReason && <Reason hint="Kept in the audit." reason={reason} onType={setReason} />}
        {word !== undefined && <TypedName name={word} typed={typed} onType={setTyped} />}
        <Problem error={props.error} />
      </div>
    </Dialog>
  );
}
