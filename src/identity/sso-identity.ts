import { z } from 'zod';
import type { OperatorRole } from '../domain/principal.ts';
import type { SsoIdentity } from '../ports/single-sign-on.ts';

/** Highest first. */
const RANKS: readonly OperatorRole[] = ['admin', 'approver', 'auditor'];
const MOST_GROUPS = 500;

/** OpenID Connect Core §5.1; bounded, since the provider is another house. */
const Claims = z.object({
  iss: z.string().min(1).max(500),
  sub: z.string().min(1).max(255),
  email: z.email().max(254).optional().catch(undefined),
  email_verified: z.boolean().optional().catch(undefined),
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u)
    .optional()
    .catch(undefined),
});

const Groups = z.array(z.string().min(1).max(200)).max(MOST_GROUPS);

/** Who the claims speak of. @throws Error when a claim that matters is missing or malformed */
export function identityOf(
  claims: Readonly<Record<string, unknown>>,
  options: { readonly groupsClaim: string; readonly roles: ReadonlyMap<string, OperatorRole> },
): SsoIdentity {
  const { iss, sub, email, email_verified, name } = Claims.parse(claims);
  const groups = groupsOf(claims[options.groupsClaim]);
  const given = new Set(groups.map((group) => options.roles.get(group)));
  return {
    oidc: { iss, sub, groups },
    email: email_verified === true ? email?.toLowerCase() : undefined,
    name,
    role: RANKS.find((role) => given.has(role)),
  };
}

/** None where there is no such claim; a claim of another form is refused, not read as none. */
function groupsOf(claim: unknown): string[] {
  if (claim === undefined || claim === null) return [];
  const read = Groups.safeParse(typeof claim === 'string' ? [claim] : claim);
  if (!read.success) throw new Error('the groups are no list of names');
  return [...new Set(read.data)];
}
