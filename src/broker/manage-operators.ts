import { conflict, invalidRequest, notFound } from '../domain/errors.ts';
import type { NoticeDraft } from '../domain/notice.ts';
import type { OperatorPrincipal, OperatorRole } from '../domain/principal.ts';
import type { Secret } from '../domain/secret.ts';
import type { OperatorChange, OperatorWithPasskeys } from '../ports/operators.ts';
import { FREE, leaveToWiden } from './ask-to-widen.ts';
import type { Broker } from './context.ts';
import { linkUrl, newLinkSecret } from './links.ts';
import { journal, sealed } from './record.ts';

const INVITATION_SECONDS = 72 * 3600;

/** An invitation as it is shown, once, to who made it. */
export interface Invited {
  readonly id: string;
  readonly url: Secret;
  readonly expiresAt: number;
}

/** Registers an operator who may come in by the link. @throws conflict when the e-mail is taken */
export async function inviteOperator(
  broker: Broker,
  principal: OperatorPrincipal,
  request: { readonly name: string; readonly email: string; readonly role: OperatorRole },
): Promise<Invited> {
  const { name, role } = request;
  const email = request.email.toLowerCase();
  const id = broker.newId('operator');
  const link = broker.newId('link');
  const { secret, sha256 } = newLinkSecret();
  const { expiresAt } = await broker.operators.invite(
    { id, name, email, role, invitedBy: principal.id },
    { id: link, sha256, ttlSeconds: INVITATION_SECONDS },
    await roleNotice(broker, principal.id, { id, name, email }, role),
    {
      actor: principal.id,
      action: 'operator.invited',
      subject: id,
      detail: { role, link, ...(await sealed(broker, id, { name, email })) },
    },
  );
  return { id, url: linkUrl(broker.issuer, 'invitation', secret), expiresAt };
}

/** @throws notFound */
export async function findOperator(
  broker: Pick<Broker, 'operators'>,
  id: string,
): Promise<OperatorWithPasskeys> {
  const operator = await broker.operators.find(id);
  if (!operator) throw notFound('Operator');
  return operator;
}

/**
 * Gives an operator another role, from the next request on. A higher one takes an approval where anything is
 * protected: who approves there is part of what protects it.
 *
 * @throws notFound | conflict | approvalRequired | approvalUnavailable
 */
export async function setOperatorRole(
  broker: Broker,
  principal: Pick<OperatorPrincipal, 'id'>,
  id: string,
  role: OperatorRole,
): Promise<OperatorWithPasskeys> {
  const operator = await findOperator(broker, id);
  if (operator.roleFromSso) {
    throw conflict('The groups at the identity provider say the role of this operator.');
  }
  if (operator.id === principal.id && role !== operator.role) {
    throw invalidRequest('Nobody changes their own role: ask another admin.');
  }
  const leave = await leaveToPromote(broker, principal.id, operator, role);
  const change = await broker.operators.setRole(
    { id, role, notice: await roleNotice(broker, principal.id, operator, role) },
    (before) => ({
      actor: principal.id,
      action: 'operator.role_changed',
      subject: id,
      detail: { from: before, to: role, ...leave.detail },
    }),
    leave.approvalId,
  );
  settle(broker, change);
  return findOperator(broker, id);
}

const RANK: Readonly<Record<OperatorRole, number>> = { auditor: 0, approver: 1, admin: 2 };

async function leaveToPromote(
  broker: Broker,
  author: string,
  operator: OperatorWithPasskeys,
  role: OperatorRole,
): ReturnType<typeof leaveToWiden> {
  const environments =
    broker.policy.version() === undefined
      ? []
      : [...broker.policy.current().bundle.environments.values()];
  const guarded = environments.find((environment) => environment.protected);
  if (!guarded || RANK[role] <= RANK[operator.role]) return FREE;
  return leaveToWiden(broker, author, {
    change: { what: 'role', operator: operator.id, from: operator.role, to: role },
    plan: [`${operator.name} (${operator.email}) becomes ${role}, was ${operator.role}`],
    environment: guarded.name,
  });
}

/** Takes an operator's account, with all passkeys, sessions and open links. @throws notFound | conflict */
export async function removeOperator(
  broker: Broker,
  principal: OperatorPrincipal,
  id: string,
): Promise<void> {
  const actor = principal.id;
  const change = await broker.operators.remove(id, (passkeys) => [
    { actor, action: 'operator.removed', subject: id, detail: { passkeys: [...passkeys] } },
    ...passkeys.map((credential_id) => ({
      actor,
      action: 'passkey.removed' as const,
      subject: id,
      detail: { credential_id },
    })),
  ]);
  settle(broker, change);
}

/** One admin alone may let somebody in or up: all the others hear of it. */
async function roleNotice(
  broker: Pick<Broker, 'newId' | 'operators'>,
  by: string,
  { id, name, email }: Pick<OperatorWithPasskeys, 'id' | 'name' | 'email'>,
  role: OperatorRole,
): Promise<NoticeDraft> {
  const who = (await broker.operators.find(by))?.name ?? "whoever is on the broker's host";
  return {
    id: broker.newId('notice'),
    kind: 'operator.widened',
    subject: id,
    title: `${name} is to be ${role}, says ${who}`,
    lines: [
      `E-mail: ${email}`,
      'If that is wrong, remove the operator and end the session of who did it.',
    ],
    path: '/console/operators',
    to: [],
  };
}

function settle(broker: Broker, change: OperatorChange): void {
  if (change.kind === 'unknown') throw notFound('Operator');
  if (change.kind === 'last_admin') {
    throw conflict('This is the last admin with a passkey: make another one first.');
  }
  journal(broker, change.unrecorded);
}
