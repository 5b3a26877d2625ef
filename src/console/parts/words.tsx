import { type ReactNode, useState } from 'react';
import { piecesOf } from './visible.ts';

const SHOWN = 280;

/** Text from outside, so that nothing in it can hide, reorder or pass for the console's own words. */
export function Visible({ text }: { readonly text: string }): ReactNode {
  return (
    <bdi>
      {piecesOf(text).map(({ text: piece, hidden }, index) =>
        hidden ? (
          <span
            // Pieces have no other identity than their place.
            // oxlint-disable-next-line react/no-array-index-key
            key={index}
            title="a character that is not seen"
            className="mx-px rounded bg-warn-soft px-0.5 font-mono text-[0.75em] text-warn-ink"
          >
            {piece}
          </span>
        ) : (
          piece
        ),
      )}
    </bdi>
  );
}

/** What an agent wrote, marked as its words, cut where it is long and whole one click away. */
export function AgentWords({ label, text }: { readonly label: string; readonly text: string }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > SHOWN;
  return (
    <figure className="rounded-lg border border-dashed border-line-strong bg-sunken px-3.5 py-2.5">
      <figcaption className="text-xs font-medium text-ink-faint">{label}</figcaption>
      <blockquote className="mt-1 text-sm break-words whitespace-pre-wrap text-ink-soft">
        “<Visible text={cut ? [...text].slice(0, SHOWN).join('') : text} />
        {cut ? '…' : '”'}
      </blockquote>
      {text.length > SHOWN && (
        <button
          type="button"
          className="mt-1 text-xs font-medium text-accent-ink underline-offset-2 hover:underline"
          onClick={() => setWhole(!whole)}
        >
          {cut ? `Show all ${text.length} characters` : 'Show less'}
        </button>
      )}
    </figure>
  );
}
