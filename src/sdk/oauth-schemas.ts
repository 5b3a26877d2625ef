import { z } from 'zod';

/** The members of RFC 8414 metadata that a caller needs. */
export const Metadata = z.object({ issuer: z.url() });

/** RFC 6749 §5.1 with the task of RFC 9396 details. */
export const TokenResponse = z.object({
  access_token: z.string().min(1),
  token_type: z.string(),
  expires_in: z.number().int(),
  scope: z.string().optional(),
  authorization_details: z
    .array(z.looseObject({ type: z.string(), task_id: z.string().optional() }))
    .optional(),
});

/** RFC 7662 §2.2: `active`, and for an active token its claims. */
export const Introspection = z.looseObject({ active: z.boolean() });
export type Introspection = z.infer<typeof Introspection>;
