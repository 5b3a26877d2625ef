import { z } from 'zod';
import { ROLES } from '../route.ts';
import { PageQuery, Time } from './base.ts';
import { Assertion, Attestation } from './webauthn.ts';

export { Ceremony } from './webauthn.ts';

const RoleName = z.enum(ROLES);
/** One line that a person reads: no control, no invisible and no direction-changing character. */
const Label = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'plain characters, on one line');
const PersonName = Label(100);
const Email = z.email().max(254);
const LinkSecret = z.string().max(100);

export const Empty = z.strictObject({});

export const SessionInfo = z.object({
  operator: z.object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: RoleName,
    groups: z.array(z.string()),
  }),
  /** Of this session, for `X-CSRF-Token`. */
  csrf: z.string(),
  /** Until when no passkey is asked for again. */
  stepped_up_until: Time.nullable(),
  expires_at: Time,
  issuer: z.string(),
  /** An operator token that was taken past the people, within a day. */
  break_glass: z.object({ reason: z.string(), at: Time }).nullable(),
});

export const SignInOptions = z.object({
  passkey: z.boolean(),
  sso: z.object({ name: z.string() }).nullable(),
  /** Nobody ever registered a passkey: the set-up link is open. */
  set_up: z.boolean(),
});

export const PasskeyAnswer = z.strictObject({
  ceremony_id: z.string().max(40),
  assertion: Assertion,
});

/** An authorization response (RFC 6749 §4.1.2, RFC 9207); what else providers add is left out. */
export const SsoAnswer = z.object({
  state: z.string().max(200).optional(),
  code: z.string().max(4096).optional(),
  iss: z.string().max(500).optional(),
  error: z.string().max(200).optional(),
  error_description: z.string().max(1000).optional(),
});

export const LinkOpen = z.strictObject({ secret: LinkSecret });
export const LinkInfo = z.object({
  kind: z.enum(['set_up', 'invitation']),
  role: RoleName,
  email: z.string().optional(),
  name: z.string().optional(),
  expires_at: Time,
});
export const LinkRegistration = z.strictObject({
  secret: LinkSecret,
  name: PersonName,
  email: Email,
});
export const LinkAccept = z.strictObject({
  secret: LinkSecret,
  ceremony_id: z.string().max(40),
  attestation: Attestation,
  passkey_name: Label(60).optional(),
});

export const OperatorCreate = z.strictObject({ name: PersonName, email: Email, role: RoleName });
export const OperatorInvited = z.object({
  id: z.string(),
  /** Shown once. */
  invitation: z.object({ url: z.string(), expires_at: Time }),
});
export const OperatorRoleChange = z.strictObject({ role: RoleName });
export const Operator = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: RoleName,
  /** The identity provider's groups say the role. */
  role_from_sso: z.boolean(),
  state: z.enum(['invited', 'active', 'removed']),
  groups: z.array(z.string()),
  passkeys: z.number().int(),
  invited_by: z.string().nullable(),
  /** Until when an invitation is open. */
  invited_until: Time.nullable(),
  created_at: Time,
});
export type Operator = z.infer<typeof Operator>;
export const OperatorQuery = PageQuery.extend({ removed: z.enum(['true', 'false']).optional() });

export const PasskeyCreate = z.strictObject({
  ceremony_id: z.string().max(40),
  attestation: Attestation,
  name: Label(60).optional(),
});
export const Passkey = z.object({
  id: z.string(),
  name: z.string(),
  backed_up: z.boolean(),
  created_at: Time,
  last_used_at: Time.nullable(),
});

export const Session = z.object({
  id: z.string(),
  operator_id: z.string(),
  method: z.enum(['passkey', 'sso']),
  address: z.string(),
  user_agent: z.string(),
  created_at: Time,
  seen_at: Time,
  expires_at: Time,
  /** It is the one that asks. */
  current: z.boolean(),
});
export const SessionQuery = PageQuery.extend({ operator: z.string().max(40).optional() });

export const Group = z.object({
  name: z.string(),
  /** E-mails that the policy lists. */
  members: z.array(z.string()).optional(),
  /** Or the group of this name at the identity provider. */
  oidc: z.string().optional(),
  operators: z.array(
    z.object({ id: z.string(), name: z.string(), email: z.string(), role: RoleName }),
  ),
});
