import { z } from 'zod';
import { providerFailed } from '../../domain/errors.ts';
import { Secret } from '../../domain/secret.ts';
import type { VaultTarget } from '../../ports/vault.ts';

const place = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/);
const secret = z
  .string()
  .min(1)
  .max(4096)
  .transform((text) => new Secret(text));

const rootSchema = z.strictObject({
  address: z
    .string()
    .refine((text) => URL.canParse(text) && new URL(text).origin === text)
    .refine((text) => /^https?:/.test(text)),
  namespace: place.optional(),
  auth: z.discriminatedUnion('method', [
    z.strictObject({ method: z.literal('token'), token: secret }),
    z.strictObject({
      method: z.literal('approle'),
      mount: place.default('approle'),
      role_id: z.string().min(1).max(256),
      secret_id: secret,
    }),
  ]),
});

/**
 * Reads the root credential of a resource of kind vault: a JSON document with address, namespace and login.
 * @throws provider_misconfigured, naming members and never a value
 */
export function readRoot(value: Secret): VaultTarget {
  let document: unknown;
  try {
    document = JSON.parse(value.reveal());
  } catch {
    throw misconfigured('is not JSON');
  }
  const read = rootSchema.safeParse(document);
  if (!read.success) {
    const members = read.error.issues.map(({ path }) => path.join('.') || 'the whole');
    throw misconfigured(`is wrong in: ${[...new Set(members)].join(', ')}`);
  }
  const { address, namespace, auth } = read.data;
  return {
    address,
    auth:
      auth.method === 'token'
        ? auth
        : { method: 'approle', mount: auth.mount, roleId: auth.role_id, secretId: auth.secret_id },
    ...(namespace === undefined ? {} : { namespace }),
  };
}

function misconfigured(problem: string): Error {
  return providerFailed(
    'provider_misconfigured',
    `The root credential of this resource ${problem}. Set it again as {"address":"https://…","auth":{"method":"approle","role_id":"…","secret_id":"…"}}.`,
  );
}
