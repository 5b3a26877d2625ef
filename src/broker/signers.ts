import { personOf } from '../domain/operator.ts';
import { comesFrom, type Signer } from '../domain/quorum.ts';
import type { Broker } from './context.ts';
import { activeGroups } from './describe-session.ts';
import { groupsOf } from './operator-groups.ts';

/** Operators who can sign: active, with a passkey, whose role may answer; as they are now. */
export async function listSigners(
  broker: Pick<Broker, 'operators' | 'policy'>,
): Promise<readonly Signer[]> {
  const groups = activeGroups(broker);
  const [operators, inviters] = await Promise.all([
    broker.operators.active(),
    broker.operators.inviters(),
  ]);
  return operators
    .filter(({ passkeys, role }) => passkeys > 0 && role !== 'auditor')
    .map((operator) => ({
      operatorId: operator.id,
      person: personOf(operator),
      email: operator.email,
      proven: operator.oidc !== undefined,
      role: operator.role,
      groups: groupsOf(operator, groups),
      invitedBy: comesFrom(operator, inviters),
      createdAt: operator.createdAt,
    }));
}
