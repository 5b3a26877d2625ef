import type { Requirement } from './approval.ts';

/** Milliseconds. Two of one inviter within this time count as one person, unless an identity provider vouches. */
const ONE_INVITER_MS = 30 * 86_400_000;

/**
 * Stands where a rule's id stands, for what no rule asks: a change that widens a protected environment. No
 * rule can be called that. Admins alone answer it.
 */
export const WIDENING_RULE = '@widening';

/** What counts about an operator, as it is now: role, groups and person may have changed since a vote. */
export interface Signer {
  readonly operatorId: string;
  /** Who the operator is: `oidc:iss|sub`, else `email:…`. */
  readonly person: string;
  readonly email: string;
  /** An identity provider proved the person (iss, sub). */
  readonly proven: boolean;
  readonly role: 'admin' | 'approver' | 'auditor';
  /** Approver groups of the active bundle that match. */
  readonly groups: readonly string[];
  /** See {@link comesFrom}. */
  readonly invitedBy?: string | undefined;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** What is asked, as far as it decides who may answer. */
export interface Question {
  readonly requirements: readonly Requirement[];
  /** E-mail of the agent's owner. */
  readonly owner?: string | undefined;
  /** The operator who wrote the change. */
  readonly author?: Pick<Signer, 'operatorId' | 'person' | 'email'> | undefined;
}

export type MayAnswer = { readonly may: true } | { readonly may: false; readonly why: string };

/** A requirement, and how many persons have met it. */
export interface Standing extends Requirement {
  readonly have: number;
}

const same = (a: string, b: string) =>
  a.trim() !== '' && a.trim().toLowerCase() === b.trim().toLowerCase();

/**
 * Are these two accounts one human? By person, or by e-mail: somebody who signs in both ways has two
 * persons and one address.
 */
export function isSamePerson(
  a: Pick<Signer, 'operatorId' | 'person' | 'email'>,
  b: Pick<Signer, 'operatorId' | 'person' | 'email'>,
): boolean {
  return a.operatorId === b.operatorId || a.person === b.person || same(a.email, b.email);
}

/** May this operator approve? Denying needs no more than the role: see {@link mayDeny}. */
export function mayApprove(signer: Signer, question: Question): MayAnswer {
  const no = (why: string): MayAnswer => ({ may: false, why });
  if (!mayDeny(signer)) return no('Only admins and approvers answer approvals.');
  if (question.owner !== undefined && same(question.owner, signer.email)) {
    return no('You own this agent: somebody else has to approve what it asks for.');
  }
  if (question.author && isSamePerson(question.author, signer)) {
    return no('This is your own change: somebody else has to approve it.');
  }
  if (!question.requirements.some((requirement) => isAsked(signer, requirement))) {
    const groups = [...new Set(question.requirements.flatMap((one) => one.groups))];
    if (groups.length === 0) return no('Only admins approve a change of the rules.');
    return no(`Only members of ${groups.join(', ')} are asked.`);
  }
  return { may: true };
}

/** A no takes nothing but the role: whoever may answer at all may stop it. */
export function mayDeny(signer: Pick<Signer, 'role'>): boolean {
  return signer.role === 'admin' || signer.role === 'approver';
}

function isAsked(signer: Signer, { rule, groups }: Requirement): boolean {
  if (rule === WIDENING_RULE && signer.role !== 'admin') return false;
  return groups.length === 0 || groups.some((group) => signer.groups.includes(group));
}

/**
 * How far these signers' yes goes: each requirement on its own, from its own groups; a person counts for
 * every requirement whose groups he is in. Who may not approve counts for nothing.
 */
export function standingOf(question: Question, signers: readonly Signer[]): readonly Standing[] {
  const counting = signers.filter((signer) => mayApprove(signer, question).may);
  return question.requirements.map((requirement) => ({
    ...requirement,
    have: countPersons(counting.filter((signer) => isAsked(signer, requirement))),
  }));
}

/** Is every requirement met? One without any requirement never is: nobody was asked. */
export function isMet(standing: readonly Standing[]): boolean {
  return standing.length > 0 && standing.every(({ have, count }) => have >= count);
}

/**
 * How many persons these accounts surely are: the most of them of whom no two count as one. Two accounts
 * of one human are one; so are an inviter and whoever he invited, and two he invited within 30 days of
 * each other, unless an identity provider proved who was invited. So one admin cannot make a quorum of
 * his own invitations. More signers never make fewer persons.
 */
export function countPersons(signers: readonly Signer[]): number {
  const left = new Set(signers.map((_, index) => index));
  const linked = signers.map(
    (a) => new Set(signers.flatMap((b, index) => (a !== b && countAsOne(a, b) ? [index] : []))),
  );
  let persons = 0;
  while (left.size > 0) {
    const next = mostCertain(left, linked);
    persons += 1;
    left.delete(next);
    for (const other of linked[next] ?? []) left.delete(other);
  }
  return persons;
}

/**
 * One whose neighbours all count as one with each other may be counted without loss; invitations make
 * a forest whose siblings lie on a line of time, so there is always one. Only accounts of one human that
 * were invited from several sides could lack it: then the one with the fewest neighbours, which counts
 * too few at worst.
 */
function mostCertain(left: ReadonlySet<number>, linked: readonly ReadonlySet<number>[]): number {
  const near = (index: number) => [...(linked[index] ?? [])].filter((other) => left.has(other));
  let best = -1;
  let fewest = Number.POSITIVE_INFINITY;
  for (const index of left) {
    const neighbours = near(index);
    const certain = neighbours.every((a, at) =>
      neighbours.slice(at + 1).every((b) => linked[a]?.has(b)),
    );
    if (certain) return index;
    if (neighbours.length < fewest) {
      fewest = neighbours.length;
      best = index;
    }
  }
  return best;
}

/** What is known of whoever may have invited, gone or not. */
export type Inviter = Pick<Signer, 'createdAt' | 'proven' | 'invitedBy'>;

/**
 * Whom somebody counts as coming from. An account that was invited lately, and that nothing proves, may be
 * its inviter's own: whoever it invites comes from that one, so that a chain makes no more persons than a row.
 *
 * @param inviters by operator id, those removed too
 */
export function comesFrom(
  operator: Pick<Signer, 'createdAt' | 'invitedBy'>,
  inviters: ReadonlyMap<string, Inviter>,
): string | undefined {
  let { invitedBy, createdAt } = operator;
  const seen = new Set<string>();
  while (invitedBy !== undefined && !seen.has(invitedBy)) {
    seen.add(invitedBy);
    const inviter = inviters.get(invitedBy);
    const isOwnPerson =
      !inviter?.invitedBy || inviter.proven || createdAt - inviter.createdAt > ONE_INVITER_MS;
    if (isOwnPerson) return invitedBy;
    ({ invitedBy, createdAt } = inviter);
  }
  return invitedBy;
}

function countAsOne(a: Signer, b: Signer): boolean {
  if (isSamePerson(a, b)) return true;
  // An inviter could have opened the invitation himself: it is who was invited that needs a proof.
  if (!a.proven && a.invitedBy === b.operatorId) return true;
  if (!b.proven && b.invitedBy === a.operatorId) return true;
  return (
    !a.proven &&
    !b.proven &&
    a.invitedBy !== undefined &&
    a.invitedBy === b.invitedBy &&
    Math.abs(a.createdAt - b.createdAt) <= ONE_INVITER_MS
  );
}
