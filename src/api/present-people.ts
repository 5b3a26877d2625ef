import type { SessionView } from '../broker/describe-session.ts';
import type { HandedOut } from '../broker/sign-in.ts';
import { groupsOf } from '../broker/operator-groups.ts';
import type * as people from '../contract/schemas/people.ts';
import type { Operator, Passkey } from '../domain/operator.ts';
import type { z } from 'zod';

type Group = Parameters<typeof groupsOf>[1] extends Iterable<infer G> ? G : never;
type Shown<S extends z.ZodType> = z.input<S>;

const time = (ms: number): string => new Date(ms).toISOString();
const timeOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : time(ms));

/** From people and their sessions to the payloads of the contract. */
export function session(
  { session: of, operator: who, groups, breakGlass }: SessionView,
  issuer: string,
): Shown<typeof people.SessionInfo> {
  return {
    operator: {
      id: who.id,
      name: who.name,
      email: who.email,
      role: who.role,
      groups: [...groups],
    },
    csrf: of.csrf,
    stepped_up_until: of.steppedUp ? timeOrNull(of.steppedUpUntil) : null,
    expires_at: time(of.expiresAt),
    issuer,
    break_glass: breakGlass ? { reason: breakGlass.reason, at: time(breakGlass.at) } : null,
  };
}

export function ceremony({ ceremonyId, publicKey }: HandedOut): Shown<typeof people.Ceremony> {
  return { ceremony_id: ceremonyId, publicKey };
}

export function operator(
  value: Operator & { readonly passkeys: number; readonly invitedUntil?: number },
  groups: readonly Group[],
): Shown<typeof people.Operator> {
  return {
    id: value.id,
    name: value.name,
    email: value.email,
    role: value.role,
    role_from_sso: value.roleFromSso,
    state: value.state,
    groups: groupsOf(value, groups),
    passkeys: value.passkeys,
    invited_by: value.invitedBy ?? null,
    invited_until: timeOrNull(value.invitedUntil),
    created_at: time(value.createdAt),
  };
}

export function passkey(value: Passkey): Shown<typeof people.Passkey> {
  return {
    id: value.id,
    name: value.name,
    backed_up: value.backedUp,
    created_at: time(value.createdAt),
    last_used_at: timeOrNull(value.lastUsedAt),
  };
}

/** @param operators active ones */
export function group(value: Group, operators: readonly Operator[]): Shown<typeof people.Group> {
  const members = operators.filter((one) => groupsOf(one, [value]).length > 0);
  return {
    name: value.name,
    ...('oidc' in value ? { oidc: value.oidc } : { members: [...value.members] }),
    operators: members.map(({ id, name, email, role }) => ({ id, name, email, role })),
  };
}

export function listedSession(
  value: SessionView['session'],
  current: string | undefined,
): Shown<typeof people.Session> {
  return {
    id: value.id,
    operator_id: value.operatorId,
    method: value.method,
    address: value.address,
    user_agent: value.userAgent,
    created_at: time(value.createdAt),
    seen_at: time(value.seenAt),
    expires_at: time(value.expiresAt),
    current: value.id === current,
  };
}
