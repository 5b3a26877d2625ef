import { BellRing, Send } from 'lucide-react';
import type { Channel } from '../../../contract/schemas/notices.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { toast } from '../../parts/toast.tsx';
import { useChange, usePages } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';

const EVERY_MS = 10_000;

/** The ways in which people are told outside the console. */
export function Channels() {
  const channels = usePages('listChannels', {}, { every: EVERY_MS });
  const test = useChange('testChannels', ['listChannels'], {
    onSuccess: () => toast('A test notice is on its way through every channel.'),
  });
  const may = useMay('admin');
  return (
    <Panel
      title="Notifications"
      aside={
        may &&
        channels.items.length > 0 && (
          <Button size="sm" busy={test.isPending} onClick={() => test.mutate({})}>
            <Send aria-hidden className="size-3.5" />
            Send a test
          </Button>
        )
      }
    >
      <Problem error={test.error} />
      {channels.isPending && <Waiting rows={2} />}
      {channels.error && channels.items.length === 0 && (
        <Failure error={channels.error} again={channels.again} />
      )}
      {!channels.isPending && !channels.error && channels.items.length === 0 && <None />}
      <ul className="flex flex-col divide-y divide-line text-sm">
        {channels.items.map((channel) => (
          <Item key={channel.channel} of={channel} />
        ))}
      </ul>
    </Panel>
  );
}

function None() {
  return (
    <div className="flex gap-3 text-sm text-ink-soft">
      <BellRing aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p>
        Nobody is told outside this console yet. A webhook, Slack or e-mail is set up in the
        broker’s configuration, under <code>notify</code>.
      </p>
    </div>
  );
}

function Item({ of }: { readonly of: Channel }) {
  return (
    <li className="flex flex-col gap-1 py-3 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-medium">{of.channel}</span>
        {of.given_up > 0 ? (
          <Badge tone="danger">{of.given_up} given up today</Badge>
        ) : (
          <Badge tone={of.last_error === undefined ? 'good' : 'warn'}>
            {of.last_error === undefined ? 'works' : 'failing'}
          </Badge>
        )}
        {of.waiting > 0 && <Badge>{of.waiting} waiting</Badge>}
      </div>
      <div className="text-[13px] break-words text-ink-faint">
        {of.last_delivered_at === undefined ? (
          'nothing delivered yet'
        ) : (
          <>
            delivered <Time at={of.last_delivered_at} />
          </>
        )}
        {of.last_error !== undefined && `; ${of.last_error}`}
      </div>
    </li>
  );
}
