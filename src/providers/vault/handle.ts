import { z } from 'zod';
import { internal } from '../../domain/errors.ts';

const handleSchema = z.strictObject({
  /** Of the token under which everything of one lease is made; revoking it takes all of that along. */
  accessor: z.string().min(1).max(256),
  /** Where the credential comes from. */
  path: z.string().max(200),
  /** Vault's lease id, once there is one. */
  lease: z.string().max(400).optional(),
});
/** What is on record about a credential before it exists, and what is added when it does. No secret. */
export type Handle = z.output<typeof handleSchema>;

export function writeHandle(handle: Handle): string {
  return JSON.stringify(handle);
}

export function readHandle(text: string): Handle {
  try {
    return handleSchema.parse(JSON.parse(text));
  } catch {
    throw internal('the handle of a vault lease is damaged');
  }
}
