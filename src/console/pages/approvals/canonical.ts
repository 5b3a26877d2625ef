import type { Approval } from '../../../contract/schemas/approvals.ts';
import type { CallResult } from '../../../sdk/call-types.ts';

type Challenge = CallResult<'openApprovalChallenge'>;

/** RFC 8785: members sorted by UTF-16 code units, primitives as ECMAScript writes them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** Whether what is on screen is what the digests stand for: they are computed here from what is shown. */
export async function isWhatIsShown(approval: Approval): Promise<boolean> {
  const operation = hex(await sha256(approval.operation_text));
  const terms = hex(await sha256(canonical(approval.terms)));
  return (
    operation === approval.operation_digest &&
    terms === approval.terms_digest &&
    canonical(approval.operation) === approval.operation_text
  );
}

/**
 * Whether a challenge asks for a signature over exactly these approvals and this decision, and nothing
 * else: the passkey signs a hash that no person can read, so it is computed here and compared.
 */
export async function isOver(
  challenge: Challenge,
  shown: readonly Approval[],
  signer: { readonly issuer: string; readonly operatorId: string },
): Promise<boolean> {
  const items = shown
    .map(({ id, operation_digest, terms_digest }) => ({
      approval_id: id,
      operation_digest,
      terms_digest,
    }))
    .sort((a, b) => (a.approval_id < b.approval_id ? -1 : 1));
  const signed = {
    v: 1,
    iss: signer.issuer,
    items,
    approver: signer.operatorId,
    decision: 'approve',
    nonce: challenge.nonce,
    expires_at: challenge.expires_at,
  };
  return challenge.publicKey['challenge'] === base64url(await sha256(canonical(signed)));
}
