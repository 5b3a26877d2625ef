import type { BundleDiff, DiffRow } from '../../../contract/schemas/policy.ts';
import { durationWords } from '../../parts/duration.ts';

/** What a policy answers, its terms as they would be issued. */
export type Access = DiffRow['before'];
type Audience = BundleDiff['audiences'][number];
const MOST_NAMES = 4;

/** Who an answer is about: `team support`, `agents a, b`, `any agent`. */
export function audienceWords({
  subject,
  agents,
  state,
}: Pick<Audience, 'subject' | 'agents'> & Pick<Partial<Audience>, 'state'>): string {
  if ('anyone' in subject) return 'any other agent';
  if ('team' in subject) return `team ${subject.team}`;
  const names = agents.length === 0 ? [subject.agent] : agents;
  const written = names.slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  return `${state === 'new' ? 'new ' : ''}agent${names.length > 1 ? 's' : ''} ${written}${more}`;
}

/** `denied`, `allowed for 15 min`, `1 approval of dba, for 5 min`. */
export function accessWords(access: Access): string {
  if (access.outcome === 'deny') return 'denied';
  const { ttl, approvals = [], leases = 1, mode, budget } = access;
  const asked = approvals.map(
    ({ count, groups }) =>
      `${count} approval${count === 1 ? '' : 's'} of ${groups.join(' or ') || 'anybody'}`,
  );
  const time = ttl === undefined ? [] : [`for ${durationWords(ttl)}`];
  const more = [
    ...(leases > 1 ? [`${leases} leases at a time`] : []),
    ...(mode === undefined ? [] : ['hands out a login that can change data']),
    ...(budget === undefined ? [] : [`budget ${budget}`]),
  ];
  const first = asked.length === 0 ? ['allowed', ...time].join(' ') : asked.join(' and ');
  return [first, ...(asked.length === 0 ? [] : time), ...more].join(', ');
}

const LOOSER: Readonly<Record<string, string>> = {
  approvals: 'weaker approvals',
  ttl: 'for longer',
  leases: 'more leases',
  mode: 'a login',
  budget: 'no budget',
};
const TIGHTER: Readonly<Record<string, string>> = {
  approvals: 'stronger approvals',
  ttl: 'for shorter',
  leases: 'fewer leases',
  mode: 'no login',
  budget: 'a budget',
};

/** Which terms are looser or tighter than before. */
export function changeWords({ looser, tighter }: DiffRow): string {
  const words = [
    ...looser.map((term) => LOOSER[term] ?? `other ${term}`),
    ...tighter.map((term) => TIGHTER[term] ?? `other ${term}`),
  ];
  return words.join(', ') || 'other terms';
}
