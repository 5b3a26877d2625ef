import { formatDuration } from '../../domain/duration.ts';
import type { Access, Comparison, TermName } from './access.ts';
import type { Subject } from './audiences.ts';

/** Names that are written out before the rest is counted. */
const MOST_NAMES = 3;

interface Said {
  readonly subject: Subject;
  readonly agents: readonly string[];
  readonly state?: 'new' | 'gone' | undefined;
}

/** `team support`, `any agent`, `new agent bot`; with `agents` also who that is. */
export function audienceWords({ subject, agents, state }: Said): string {
  if ('anyone' in subject) return 'any agent';
  if ('team' in subject) return `team ${subject.team}`;
  const written = agents.slice(0, MOST_NAMES).join(', ');
  const more = agents.length > MOST_NAMES ? ` and ${agents.length - MOST_NAMES} more` : '';
  return `${state === 'new' ? 'new ' : ''}agent${agents.length > 1 ? 's' : ''} ${written}${more}`;
}

/** `deny`, `allow for 15m`, `2 approvals of dba, 5m, a login` */
export function accessWords(access: Omit<Access, 'reason'>): string {
  if (access.outcome === 'deny') return 'deny';
  const { ttl, approvals = [], leases = 1, mode, budget } = access;
  const asked = approvals.map(({ count, groups }) => {
    return `${count} approval${count === 1 ? '' : 's'} of ${groups.join(' or ') || 'anybody'}`;
  });
  const terms = [
    ...(ttl === undefined ? [] : [formatDuration(ttl)]),
    ...(leases > 1 ? [`${leases} leases`] : []),
    ...(mode === undefined ? [] : ['a login']),
    ...(budget === undefined ? [] : [`budget ${budget}`]),
  ];
  return [asked.join(' and ') || 'allow', ...terms].join(', ');
}

/** `gained`, `longer`, `fewer approvals, longer`: what became of an access, for a person. */
export function changeWords({ change, looser, tighter }: Comparison): string {
  if (change !== 'terms') return change === 'rules' ? 'other rules' : change;
  const both = looser.filter((term) => tighter.includes(term));
  const loose = looser.filter((term) => !both.includes(term)).map((term) => LOOSER[term]);
  const tight = tighter.filter((term) => !both.includes(term)).map((term) => TIGHTER[term]);
  return [...both.map((term) => `other ${term}`), ...loose, ...tight].join(', ') || 'other terms';
}

const LOOSER: Readonly<Record<TermName, string>> = {
  approvals: 'weaker approvals',
  ttl: 'longer',
  leases: 'more leases',
  mode: 'a login',
  budget: 'no budget',
  notes: 'other notes',
};
const TIGHTER: Readonly<Record<TermName, string>> = {
  approvals: 'stronger approvals',
  ttl: 'shorter',
  leases: 'fewer leases',
  mode: 'no login',
  budget: 'a budget',
  notes: 'other notes',
};
