import { Check, X } from 'lucide-react';
import { useState } from 'react';
import { z } from 'zod';
import { Badge } from '../../parts/badge.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { call } from '../../wire/call.ts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

const Considered = z.object({
  rule: z.string(),
  effect: z.enum(['permit', 'forbid']),
  file: z.string(),
  line: z.number(),
  matched: z.boolean(),
  unmet: z.array(z.string()),
});
const TONES = { allow: 'good', deny: 'danger', require_approval: 'warn' } as const;
const SAYS = {
  allow: 'allowed',
  deny: 'denied',
  require_approval: 'with approval',
} as const;

/** Why this agent gets, or does not get, this scope: rule by rule. */
export function Why({ scope, agent }: { readonly scope: string; readonly agent: string }) {
  const [hasTicket, setTicket] = useState(false);
  const answer = useQuery({
    queryKey: ['explainPolicy', scope, agent, hasTicket],
    queryFn: ({ signal }) => {
      const context = hasTicket ? { verified_ticket: 'TICKET-1' } : {};
      return call('explainPolicy', { body: { scope, agent, context }, signal });
    },
  });
  return (
    <Panel
      className="xl:col-span-2"
      title="Why"
      aside={
        <label className="flex items-center gap-2 text-[13px]">
          <input
            type="checkbox"
            checked={hasTicket}
            onChange={(event) => setTicket(event.target.checked)}
            className="size-4 accent-accent"
          />
          with a verified ticket
        </label>
      }
    >
      {answer.error && <Failure error={answer.error} again={() => void answer.refetch()} />}
      {answer.isPending && <Waiting />}
      {answer.data && (
        <div className="flex flex-col gap-4 text-sm">
          <p className="flex flex-wrap items-center gap-2">
            <Badge tone={TONES[answer.data.decision]}>{SAYS[answer.data.decision]}</Badge>
            {agent} for <code className="font-mono text-[13px]">{scope}</code>
          </p>
          <ul className="flex flex-col gap-3">
            {answer.data.considered.map((raw) => (
              <Rule key={JSON.stringify(raw)} raw={raw} />
            ))}
          </ul>
          {answer.data.considered.length === 0 && (
            <p className="text-ink-soft">No rule comes near it.</p>
          )}
          {answer.data.hint?.how !== undefined && (
            <p className="text-ink-soft">{answer.data.hint.how}</p>
          )}
        </div>
      )}
    </Panel>
  );
}

function Rule({ raw }: { readonly raw: unknown }) {
  const parsed = Considered.safeParse(raw);
  if (!parsed.success) return null;
  const { rule, effect, file, line, matched, unmet } = parsed.data;
  return (
    <li className="flex gap-3">
      {matched ? (
        <Check aria-label="matches" className="mt-0.5 size-4 shrink-0 text-good-ink" />
      ) : (
        <X aria-label="does not match" className="mt-0.5 size-4 shrink-0 text-ink-faint" />
      )}
      <div className="min-w-0 break-words">
        <span className="text-ink-faint">{effect}</span>{' '}
        <Link
          to="/policy"
          search={{ view: 'editor', file, line }}
          className="font-medium hover:text-accent-ink hover:underline"
        >
          {rule}
        </Link>
        {unmet.map((text) => (
          <div key={text} className="font-mono text-[13px] text-ink-soft">
            {text}
          </div>
        ))}
      </div>
    </li>
  );
}
