import { MonitorSmartphone } from 'lucide-react';
import type { ItemOf } from '../../../sdk/call-types.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { useChange, usePages } from '../../wire/query.ts';
import { deviceOf } from './device.ts';

type Session = ItemOf<'listSessions'>;

/** Where an operator is signed in now; your own where none is named. */
export function Sessions({ operator }: { readonly operator: string | undefined }) {
  const query = operator === undefined ? {} : { operator };
  const sessions = usePages('listSessions', { query });
  const end = useChange('revokeSession', ['listSessions']);
  return (
    <Panel title={operator === undefined ? 'Your sessions' : 'Sessions'}>
      {sessions.isPending && <Waiting rows={2} />}
      {sessions.error && sessions.items.length === 0 && (
        <Failure error={sessions.error} again={sessions.again} />
      )}
      <Problem error={end.error} />
      {!sessions.isPending && !sessions.error && sessions.items.length === 0 && (
        <p className="text-sm text-ink-soft">Signed in nowhere.</p>
      )}
      <ul className="flex flex-col divide-y divide-line text-sm">
        {sessions.items.map((session) => (
          <Item
            key={session.id}
            of={session}
            isEnding={end.isPending && end.variables.params.id === session.id}
            end={() => end.mutate({ params: { id: session.id } })}
          />
        ))}
      </ul>
      {sessions.hasMore && (
        <Button size="sm" look="ghost" busy={sessions.isReadingMore} onClick={sessions.more}>
          Read more
        </Button>
      )}
    </Panel>
  );
}

function Item({
  of,
  isEnding,
  end,
}: {
  readonly of: Session;
  readonly isEnding: boolean;
  readonly end: () => void;
}) {
  return (
    <li className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
      <MonitorSmartphone aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-2">
          <span title={of.user_agent} className="font-medium break-words">
            <Visible text={deviceOf(of.user_agent)} />
          </span>
          {of.current && <Badge tone="good">this one</Badge>}
          {of.method === 'sso' && <Badge>single sign-on</Badge>}
        </div>
        <div className="text-[13px] text-ink-faint">
          {of.address}, seen <Time at={of.seen_at} />, ends <Time at={of.expires_at} />
        </div>
      </div>
      {!of.current && (
        <Button size="sm" look="ghost" busy={isEnding} onClick={end}>
          End
        </Button>
      )}
    </li>
  );
}
