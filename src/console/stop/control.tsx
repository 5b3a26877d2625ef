import { OctagonX } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../parts/button.tsx';
import { useMay } from '../wire/session.ts';
import { StopDialog } from './dialog.tsx';

/** The red control, in reach on every page. */
export function StopControl() {
  const [open, setOpen] = useState(false);
  if (!useMay('admin', 'approver')) return null;
  return (
    <>
      <Button look="danger" size="sm" className="h-9! font-semibold" onClick={() => setOpen(true)}>
        <OctagonX aria-hidden className="size-4" />
        Stop
      </Button>
      {open && <StopDialog onClose={() => setOpen(false)} />}
    </>
  );
}
