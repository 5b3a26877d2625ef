import { z } from 'zod';
import { ROLES, route } from '../../contract/route.ts';
import { Time } from '../../contract/schemas/base.ts';

export const Session = z.object({
  operator: z.object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    role: z.enum(ROLES),
    groups: z.array(z.string()),
  }),
  csrf: z.string(),
  stepped_up_until: Time.nullable(),
  expires_at: Time,
  issuer: z.string(),
  break_glass: z.object({ reason: z.string(), at: Time }).nullable(),
});
export type Session = z.infer<typeof Session>;

const Ceremony = z.object({
  ceremony_id: z.string(),
  publicKey: z.record(z.string(), z.unknown()),
});
const Passed = z.object({ ceremony_id: z.string(), assertion: z.unknown() });
const at = { caller: 'operator', summary: '', status: 200 } as const;

export const GET_SESSION = route({ ...at, method: 'GET', path: '/v1/session', response: Session });
export const SIGN_OUT = route({ ...at, method: 'DELETE', path: '/v1/session' });
export const SIGN_IN_OPTIONS = route({
  ...at,
  method: 'GET',
  path: '/v1/sign-in/options',
  response: z.object({
    passkey: z.boolean(),
    sso: z.object({ name: z.string() }).nullable(),
    set_up: z.boolean(),
  }),
});
export const SIGN_IN_CHALLENGE = route({
  ...at,
  method: 'POST',
  path: '/v1/sign-in/challenges',
  body: z.strictObject({}),
  response: Ceremony,
});
export const SIGN_IN = route({
  ...at,
  method: 'POST',
  path: '/v1/sign-in',
  body: Passed,
  response: Session,
});
export const STEP_UP_CHALLENGE = route({
  ...at,
  method: 'POST',
  path: '/v1/session/step-up/challenges',
  body: z.strictObject({}),
  response: Ceremony,
});
export const STEP_UP = route({
  ...at,
  method: 'POST',
  path: '/v1/session/step-up',
  body: Passed,
  response: Session,
});
