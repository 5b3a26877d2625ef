import { Link } from '@tanstack/react-router';
import { ArrowRight } from 'lucide-react';
import type { ResourceDetail } from '../../../contract/schemas/inspect.ts';
import { Badge } from '../../parts/badge.tsx';
import { durationWords } from '../../parts/duration.ts';
import { Effect } from '../../parts/effect.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Constraints } from './constraints.tsx';

type ScopeDetail = ResourceDetail['scope_details'][number];
type ScopeRule = ScopeDetail['rules'][number];

/** One scope: what it gives, for how long at most, and which rules have a say about it. */
export function ScopePanel({ scope }: { readonly scope: ScopeDetail }) {
  return (
    <Panel
      title={
        <span className="flex flex-wrap items-center gap-2">
          <code className="font-mono">{scope.scope}</code>
          <Effect of={scope.effect} />
        </span>
      }
      aside={
        <Link
          to="/policy"
          search={{ view: 'questions', scope: scope.scope }}
          className="inline-flex items-center gap-1 text-[13px] font-medium whitespace-nowrap text-accent-ink underline-offset-2 hover:underline"
        >
          Who can use it
          <ArrowRight aria-hidden className="size-3.5" />
        </Link>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm">
          {scope.description || 'No description.'}{' '}
          <span className="text-ink-faint">At most {durationWords(scope.max_ttl)} at a time.</span>
        </p>
        <Constraints of={scope.constraints} scope={scope.scope} />
        <Rules rules={scope.rules} />
      </div>
    </Panel>
  );
}

function Rules({ rules }: { readonly rules: readonly ScopeRule[] }) {
  if (rules.every(({ effect }) => effect === 'forbid')) {
    return (
      <p className="rounded-lg bg-sunken px-3.5 py-2.5 text-sm text-ink-soft">
        No rule permits it, so nobody can use it.
      </p>
    );
  }
  return (
    <div>
      <h3 className="mb-2 text-xs font-medium text-ink-faint">Rules with a say about it</h3>
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
        {rules.map((rule) => (
          <li key={rule.id} className="flex flex-col gap-1.5 px-3.5 py-2.5 text-sm">
            <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <Badge tone={rule.effect === 'forbid' ? 'danger' : 'neutral'}>{rule.effect}</Badge>
              <Link
                to="/policy"
                search={{ file: rule.file, line: rule.line }}
                className="min-w-0 font-medium break-words hover:text-accent-ink hover:underline"
              >
                {rule.id}
              </Link>
              <span className="text-ink-soft">{rule.principal ?? 'anyone'}</span>
            </div>
            <Terms rule={rule} />
            {rule.note !== undefined && <p className="text-[13px] text-ink-soft">{rule.note}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The terms a rule states; what it leaves out is as the scope says. */
function Terms({ rule }: { readonly rule: ScopeRule }) {
  const terms = [
    rule.ttl === undefined ? '' : `for ${durationWords(rule.ttl)}`,
    rule.approvals === 0 ? '' : approvalWords(rule.approvals, rule.approvers),
    rule.leases === undefined ? '' : `${rule.leases} leases at a time`,
    rule.mode === 'login' ? 'hands out a login that can change data' : '',
    rule.budget === undefined ? '' : `budget ${rule.budget}`,
    /\b(when|unless)\s*\{/.test(rule.text) ? 'under a condition' : '',
  ].filter((term) => term !== '');
  if (terms.length === 0) return null;
  return <p className="text-[13px] text-ink-soft">{terms.join(' · ')}</p>;
}

function approvalWords(count: number, groups: readonly string[]): string {
  const persons = count === 1 ? '1 person signs' : `${count} persons sign`;
  return groups.length === 0 ? persons : `${persons} (${groups.join(' or ')})`;
}
