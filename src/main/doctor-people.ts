import type { Broker } from '../broker/context.ts';
import { activeGroups } from '../broker/describe-session.ts';
import { groupsOf } from '../broker/operator-groups.ts';
import type { OperatorWithPasskeys } from '../ports/operators.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Agents looked at for their owners. */
const MOST_AGENTS = 1_000;

/** Who can sign in and answer, and for what nobody can. */
export async function peopleChecks(broker: Broker): Promise<DoctorCheck[]> {
  if (broker.passkeys.problem !== undefined) {
    const next = 'Set COUNTERSIGN_ISSUER to a host name.';
    return [{ id: 'passkeys', level: 'warn', message: broker.passkeys.problem, next }];
  }
  const operators = await broker.operators.active();
  const glass = await glassChecks(broker);
  if (operators.length === 0) {
    const message = 'No operator yet: nobody can approve, and one bearer token may do everything.';
    const next =
      'Open the link that npm start prints, or: countersign operator invite --role admin';
    return [...glass, { id: 'operators', level: 'warn', message, next }];
  }
  return [
    ...glass,
    adminCheck(operators),
    ...groupChecks(broker, operators),
    ...(await ownerChecks(broker, operators)),
  ];
}

function adminCheck(operators: readonly OperatorWithPasskeys[]): DoctorCheck {
  const id = 'operators';
  const admins = operators.filter(({ role, passkeys }) => role === 'admin' && passkeys > 0);
  const [only] = admins;
  if (!only) {
    const message = 'No admin has a passkey.';
    return { id, level: 'fail', message, next: 'countersign operator token --break-glass "why"' };
  }
  if (admins.length === 1) {
    const spare = only.passkeys > 1 ? '' : ', who has one passkey';
    const message = `There is one admin${spare}: nobody else can approve what widens, or help when it is lost.`;
    return { id, level: 'warn', message, next: 'countersign operator invite --role admin' };
  }
  const message = `${operators.length} operators, ${admins.length} of them admins with a passkey.`;
  return { id, level: 'ok', message };
}

async function glassChecks(broker: Broker): Promise<DoctorCheck[]> {
  const last = await broker.operatorTokens.lastBreakGlass();
  if (!last) return [];
  const message = `Glass was broken at ${new Date(last.at).toISOString()}: an operator token was taken past the people.`;
  const next = 'See what it did: countersign audit tail --json | grep opr_host';
  return [{ id: 'break-glass', level: 'warn', message, next }];
}

/** Groups that rules may name and that hold nobody who can sign. */
function groupChecks(broker: Broker, operators: readonly OperatorWithPasskeys[]): DoctorCheck[] {
  const able = operators.filter(({ passkeys, role }) => passkeys > 0 && role !== 'auditor');
  return activeGroups(broker)
    .filter((group) => !able.some((operator) => groupsOf(operator, [group]).length > 0))
    .map((group) => ({
      id: `group:${group.name}`,
      level: 'warn',
      message: `Nobody in the approver group ${group.name} can sign: what it must approve is refused.`,
      next: 'Invite one of its members, or change groups.yaml.',
    }));
}

/** Owners are told what their agents do, and never approve it: an address of nobody does neither. */
async function ownerChecks(
  broker: Broker,
  operators: readonly OperatorWithPasskeys[],
): Promise<DoctorCheck[]> {
  const known = new Set(operators.map(({ email }) => email));
  const agents = await broker.agents.list({ limit: MOST_AGENTS });
  const resources =
    broker.policy.version() === undefined ? [] : broker.policy.current().bundle.resources.values();
  const owned = [
    ...agents
      .filter(({ state }) => state !== 'retired')
      .map(({ name, owner }) => ({ what: `agent ${name}`, owner })),
    ...[...resources].map(({ name, owner }) => ({ what: `resource ${name}`, owner })),
  ];
  return owned
    .filter(({ owner }) => owner !== undefined && !known.has(owner.toLowerCase()))
    .map(({ what, owner }) => ({
      id: `owner:${what.replace(' ', ':')}`,
      level: 'warn',
      message: `The ${what} is owned by ${owner}, who is no operator.`,
      next: 'Name an owner who has an account, or invite them.',
    }));
}
