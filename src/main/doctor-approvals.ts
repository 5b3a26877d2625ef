import type { Broker } from '../broker/context.ts';
import { standingOf } from '../domain/quorum.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Rules that ask for more people than there are: nobody could ever get what they permit. */
export async function approvalChecks(broker: Broker): Promise<DoctorCheck[]> {
  if (broker.policy.version() === undefined) return [];
  const signers = await broker.signers();
  // Before the first operator has a passkey nobody can, and doctor says that by itself.
  if (signers.length === 0) return [];
  const asking = broker.policy
    .current()
    .bundle.rules.filter(({ effect, terms }) => effect === 'permit' && terms.approvals > 0);
  return asking.flatMap(({ id, terms }): DoctorCheck[] => {
    const requirement = { rule: id, count: terms.approvals, groups: terms.approvers };
    const [standing] = standingOf({ requirements: [requirement] }, signers);
    if ((standing?.have ?? 0) >= requirement.count) return [];
    const of = requirement.groups.length > 0 ? ` of ${requirement.groups.join(', ')}` : '';
    return [
      {
        id: `quorum:${id}`,
        level: 'warn',
        message: `${id} asks for ${requirement.count} person(s)${of}, and there are ${standing?.have ?? 0} who count as different people.`,
        next: 'Invite somebody, by another inviter or by single sign-on (docs/approvals.md).',
      },
    ];
  });
}
