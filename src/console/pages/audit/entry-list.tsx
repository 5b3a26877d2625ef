import { Link } from '@tanstack/react-router';
import { usePages } from '../../wire/query.ts';
import { Button } from '../../parts/button.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { factsOf, Named } from './words.tsx';

/** Everything on record about one thing, newest first. */
export function EntryList({ subject }: { readonly subject: string }) {
  const entries = usePages('listAudit', { query: { subject } });
  if (entries.isPending) return <Waiting rows={4} />;
  if (entries.error && entries.items.length === 0) {
    return <Failure error={entries.error} again={entries.again} />;
  }
  return (
    <>
      <ol className="divide-y divide-line">
        {entries.items.map((entry) => (
          <li key={entry.seq} className="flex flex-col gap-0.5 px-4 py-3 text-sm sm:px-5">
            <div className="flex flex-wrap items-baseline justify-between gap-x-3">
              <Link
                to="/audit"
                search={{ entry: entry.seq }}
                className="font-medium hover:text-accent-ink hover:underline"
              >
                {entry.action}
              </Link>
              <span className="text-[13px] text-ink-faint">
                <Time at={entry.time} />
              </span>
            </div>
            <div className="text-[13px] break-words text-ink-soft">
              by <Named id={entry.actor} />
            </div>
            <div className="text-[13px] break-words text-ink-faint">
              <Visible text={factsOf(entry.detail)} />
            </div>
          </li>
        ))}
      </ol>
      {entries.hasMore && (
        <div className="border-t border-line p-3 text-center">
          <Button size="sm" look="ghost" busy={entries.isReadingMore} onClick={entries.more}>
            Read more
          </Button>
        </div>
      )}
    </>
  );
}
