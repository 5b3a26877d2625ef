import { CircleCheck, CircleDashed, CircleX } from 'lucide-react';
import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';

/** Who is asked, how many answered, and what they said. */
export function Quorum({ approval }: { readonly approval: Approval }) {
  const { requirements, votes } = approval;
  return (
    <div className="flex flex-col gap-4 text-sm">
      <ul className="flex flex-col gap-3">
        {requirements.map(({ rule, count, groups, have, can_be_met: possible }) => (
          <li key={rule}>
            <div className="flex items-center gap-2">
              <span aria-hidden className="flex gap-1">
                {Array.from({ length: count }, (_, place) =>
                  place < have ? (
                    // oxlint-disable-next-line react/no-array-index-key
                    <CircleCheck key={place} className="size-4 text-good-ink" />
                  ) : (
                    // oxlint-disable-next-line react/no-array-index-key
                    <CircleDashed key={place} className="size-4 text-ink-faint" />
                  ),
                )}
              </span>
              <span>
                {have} of {count} {count === 1 ? 'person' : 'persons'}
                {groups.length > 0 ? ` of ${groups.join(' or ')}` : ', any approver'}
              </span>
            </div>
            <p className="mt-0.5 text-[13px] text-ink-faint">Rule {rule}</p>
            {!possible && approval.state === 'pending' && (
              <p className="mt-0.5 text-[13px] text-danger-ink">
                Too few people could answer this: it will expire unless the group grows.
              </p>
            )}
          </li>
        ))}
      </ul>
      {votes.length > 0 && (
        <ul className="flex flex-col gap-2 border-t border-line pt-3">
          {votes.map(({ operator, decision, at, reason }) => (
            <li key={`${operator?.id} ${at}`} className="flex gap-2">
              {decision === 'approve' ? (
                <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good-ink" />
              ) : (
                <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-danger-ink" />
              )}
              <span className="min-w-0 break-words">
                <strong className="font-medium">
                  <Visible text={operator?.name ?? 'Somebody'} />
                </strong>{' '}
                {decision === 'approve' ? 'signed' : 'denied'} <Time at={at} />
                {reason !== undefined && (
                  <>
                    : <Visible text={reason} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
