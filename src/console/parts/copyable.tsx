import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';
import { classes } from './classes.ts';

const SHOWN_MS = 1_500;

/** An id or a digest, whole, with a button that copies it. */
export function Copyable({
  text,
  label = 'Copy',
  short = false,
}: {
  readonly text: string;
  readonly label?: string;
  /** Shows its beginning and end only; the whole is copied and in the tooltip. */
  readonly short?: boolean;
}) {
  const { copied, copy } = useCopy(text);
  const shown = short && text.length > 16 ? `${text.slice(0, 8)}…${text.slice(-4)}` : text;
  return (
    <span className="inline-flex max-w-full items-center gap-1 align-bottom">
      <code
        title={text}
        className={classes('min-w-0 font-mono text-[13px]', short ? '' : 'break-all')}
      >
        {shown}
      </code>
      <button
        type="button"
        onClick={copy}
        aria-label={copied ? 'Copied' : `${label} ${text}`}
        className="relative z-10 grid size-6 shrink-0 place-items-center rounded text-ink-faint hover:bg-hover hover:text-ink"
      >
        <Mark copied={copied} />
      </button>
    </span>
  );
}

/** A button that copies a longer text, which stands beside it. */
export function CopyText({ text, label }: { readonly text: string; readonly label: string }) {
  const { copied, copy } = useCopy(text);
  return (
    <Button size="sm" className="self-start" onClick={copy}>
      <Mark copied={copied} />
      {copied ? 'Copied' : label}
    </Button>
  );
}

/** Copies on request; for a moment it says that it has. */
function useCopy(text: string) {
  const [copied, setCopied] = useState(false);
  const write = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return { copied, copy: () => void write().catch(() => undefined) };
}

function Mark({ copied }: { readonly copied: boolean }) {
  const Icon = copied ? Check : Copy;
  return <Icon aria-hidden className="size-3.5" />;
}
