import type { TaskStory } from '../../../contract/schemas/overview.ts';
import { Panel } from '../../parts/panel.tsx';
import { State } from '../../parts/state.tsx';
import { Time } from '../../parts/time.tsx';

/** What hangs below the task: grants and leases. */
export function Below({ story: { grants, leases } }: { readonly story: TaskStory }) {
  return (
    <>
      <Panel title="Grants" flush>
        <ul className="divide-y divide-line text-sm">
          {grants.map((grant) => (
            <li key={grant.id} className="px-4 py-3 sm:px-5">
              <div className="flex items-baseline justify-between gap-3">
                <span className="min-w-0 font-medium break-words">{grant.scopes.join(', ')}</span>
                <span className="text-[13px] text-ink-faint">
                  {grant.ended_at === undefined ? 'ends' : 'ended'}{' '}
                  <Time at={grant.ended_at ?? grant.expires_at} />
                </span>
              </div>
              <p className="mt-0.5 text-[13px] break-words text-ink-faint">
                by {grant.rules.join(', ')}, policy version {grant.bundle_version}
              </p>
            </li>
          ))}
          {grants.length === 0 && (
            <li className="px-5 py-4 text-ink-faint">Nothing was granted.</li>
          )}
        </ul>
      </Panel>
      <Panel title="Leases" flush>
        <ul className="divide-y divide-line text-sm">
          {leases.map((lease) => (
            <li
              key={lease.id}
              className="flex items-center justify-between gap-3 px-4 py-3 sm:px-5"
            >
              <span className="min-w-0">
                <span className="font-medium break-words">{lease.scope}</span>
                <span className="block text-[13px] text-ink-faint">
                  {lease.ended_at === undefined ? 'ends' : 'ended'}{' '}
                  <Time at={lease.ended_at ?? lease.expires_at} />
                  {lease.dead_ms !== undefined && `, dead after ${Math.round(lease.dead_ms)} ms`}
                </span>
              </span>
              <State of={lease.state} />
            </li>
          ))}
          {leases.length === 0 && (
            <li className="px-5 py-4 text-ink-faint">No credential was handed out.</li>
          )}
        </ul>
      </Panel>
    </>
  );
}
