import { Link, useParams } from '@tanstack/react-router';
import { ArrowLeft } from 'lucide-react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Code } from '../../parts/code.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { ClockTime, Remaining, Time } from '../../parts/time.tsx';
import { AgentWords, Visible } from '../../parts/words.tsx';
import { useRead } from '../../wire/query.ts';
import { Decide } from './decide.tsx';
import { Exact } from './exact.tsx';
import { headlineOf } from './facts.ts';
import { Quorum } from './quorum.tsx';
import { Reach } from './reach.tsx';
import { Tiles } from './tiles.tsx';

const EVERY_MS = 5_000;

export function ApprovalPage() {
  const { id } = useParams({ from: '/inside/approvals/$id' });
  const read = useRead('getApproval', { params: { id } }, { every: EVERY_MS });
  if (read.data) return <Card approval={read.data} />;
  if (read.error) return <Failure error={read.error} again={() => void read.refetch()} />;
  return <Waiting rows={6} />;
}

function Card({ approval }: { readonly approval: Approval }) {
  const { card, words, state } = approval;
  return (
    <Page
      title={headlineOf(approval)}
      lead={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Link to="/approvals" className="inline-flex items-center gap-1 hover:text-ink">
            <ArrowLeft aria-hidden className="size-4" /> Approvals
          </Link>
          <State of={state} />
          {state === 'pending' ? (
            <span>
              <Remaining until={approval.expires_at} /> left to decide
            </span>
          ) : (
            <End approval={approval} />
          )}
        </span>
      }
    >
      <Tiles approval={approval} />
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Exactly this">
            <Exact approval={approval} />
            <ExactBytes approval={approval} />
          </Panel>
          {card.blast_radius && (
            <Panel title="What it reaches">
              <Reach radius={card.blast_radius} />
            </Panel>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Who asks">
            <WhoAsks approval={approval} />
            {words.purpose !== undefined && (
              <div className="mt-4">
                <AgentWords label="The agent’s own words, not checked" text={words.purpose} />
              </div>
            )}
            {words.ticket !== undefined && (
              <div className="mt-3">
                <AgentWords label="Ticket, as the agent says" text={words.ticket} />
              </div>
            )}
          </Panel>
          <Panel title="Who answers">
            <Quorum approval={approval} />
          </Panel>
        </div>
      </div>
      <Decide approval={approval} />
    </Page>
  );
}

function End({ approval }: { readonly approval: Approval }) {
  const { decided_at: at, end_reason: reason, used_by: used } = approval;
  return (
    <span className="min-w-0 break-words">
      {at !== null && <Time at={at} />}
      {reason !== null && (
        <>
          {' '}
          (<Visible text={reason.replaceAll('_', ' ')} />)
        </>
      )}
      {used !== null && <> for {used}</>}
    </span>
  );
}

function WhoAsks({ approval: { card, created_at: at } }: { readonly approval: Approval }) {
  const { agent, task, author } = card;
  return (
    <Facts>
      {agent && (
        <>
          <Fact name="Agent">
            <Link
              to="/agents/$id"
              params={{ id: agent.id }}
              className="font-medium text-accent-ink hover:underline"
            >
              {agent.name}
            </Link>
          </Fact>
          <Fact name="Owner">{agent.owner}</Fact>
        </>
      )}
      {author && (
        <Fact name="Author">
          <Visible text={author.name} />
        </Fact>
      )}
      {task && (
        <Fact name="Task">
          <Link
            to="/tasks/$id"
            params={{ id: task.id }}
            className="break-all text-accent-ink hover:underline"
          >
            {task.id}
          </Link>
          <span className="block text-[13px] text-ink-faint">
            opened by {task.opened_by === 'operator' ? 'an operator' : 'the agent itself'}
          </span>
        </Fact>
      )}
      {task?.verified_ticket !== undefined && (
        <Fact name="Ticket, verified">
          <Visible text={task.verified_ticket} />
        </Fact>
      )}
      {card.scope !== undefined && <Fact name="Scope">{card.scope}</Fact>}
      <Fact name="Asked">
        <ClockTime at={at} />
      </Fact>
    </Facts>
  );
}

/** The bytes that are signed, and their digests. */
function ExactBytes({ approval }: { readonly approval: Approval }) {
  return (
    <details className="mt-4 text-sm">
      <summary className="cursor-pointer font-medium text-accent-ink">
        The exact bytes that are signed
      </summary>
      <div className="mt-3 flex flex-col gap-4">
        <div>
          <Code label="The operation, canonical" text={approval.operation_text} />
          <p className="mt-1 text-[13px] text-ink-faint">
            SHA-256 <Copyable text={approval.operation_digest} label="Copy the digest" />
          </p>
        </div>
        <div>
          <Code label="The terms" text={JSON.stringify(approval.terms, null, 2)} />
          <p className="mt-1 text-[13px] text-ink-faint">
            SHA-256 <Copyable text={approval.terms_digest} label="Copy the digest" />
          </p>
        </div>
      </div>
    </details>
  );
}
