import { createHash, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { link } from '../../src/audit/chain.ts';
import { readCoseKey } from '../../src/audit/cose.ts';
import { type AuditDraft, type AuditEntry, GENESIS } from '../../src/audit/entry.ts';
import { createVerifier, type Verdict } from '../../src/audit/verify.ts';
import { chainOf } from '../support/chain.ts';
import { ASKED_OF_TWO } from '../support/asked-bundle.ts';
import { approve, ask, type Asking, deny, openAsking } from '../support/asking.ts';
import { bytes, cbor, type CborMap } from '../support/cbor.ts';

type Change = (entry: AuditEntry) => AuditEntry | readonly AuditEntry[];

/** The chain with something changed about it, hashed anew throughout: only its meaning can be wrong. */
function rehashed(entries: readonly AuditEntry[], change: Change): AuditEntry[] {
  let prev = { seq: GENESIS.seq, hash: GENESIS.hash };
  return entries.flatMap(change).map((entry) => {
    const linked = link(prev, entry as AuditDraft, Date.parse(entry.time));
    prev = linked;
    return linked;
  });
}

function verify(entries: readonly AuditEntry[]): Verdict {
  const verifier = createVerifier();
  entries.every((entry) => verifier.push(entry));
  return verifier.finish();
}

describe('approvals, verified from an export alone', () => {
  let asking: Asking;
  let entries: AuditEntry[] = [];
  let approved = '';
  let two = '';
  beforeAll(async () => {
    asking = await openAsking();
    const agent = await asking.agent();
    const one = await ask(agent);
    approved = one.id;
    await approve(asking.omar, [one.id]);
    await agent.session.collectToken(one.authReqId);
    const other = await ask(agent, { purpose: 'x' }, [ASKED_OF_TWO]);
    two = other.id;
    await approve(asking.ines, [other.id]);
    await approve(asking.omar, [other.id]);
    await deny(asking.omar, (await ask(agent)).id);
    entries = await chainOf(asking.broker.composed);
  });
  afterAll(() => asking.stop());

  it('every signature holds, by keys of the chain', () => {
    expect(verify(entries)).toMatchObject({ ok: true, signatures: 3, entries: entries.length });
  });

  /** Changes the entries of one action about one approval. */
  const of = (
    action: string,
    id: () => string,
    change: (detail: never, entry: AuditEntry) => object,
  ): Change => {
    return (entry) =>
      entry.action === action && entry.subject === id()
        ? { ...entry, detail: change(entry.detail as never, entry) as AuditEntry['detail'] }
        : entry;
  };
  type Answered = {
    challenge: { items: object[]; nonce: string };
    assertion: Record<string, string>;
    operation_digest: string;
  };
  const answered = (change: (detail: Answered) => object) =>
    of('approval.answered', () => approved, change);
  const flipped = (text = '', at = 40) => {
    const data = Buffer.from(text, 'base64url');
    data.writeUInt8(data.readUInt8(at) ^ 1, at);
    return data.toString('base64url');
  };
  const digest = createHash('sha256').update('other').digest('hex');

  it.each<[string, Change, RegExp]>([
    [
      'an edited operation',
      of(
        'approval.requested',
        () => approved,
        (detail: object) => ({ ...detail, operation: '{}' }),
      ),
      /digest of its operation/,
    ],
    [
      'another operation with its digest',
      of(
        'approval.requested',
        () => approved,
        (detail: object) => ({
          ...detail,
          operation: 'other',
          operation_digest: digest,
        }),
      ),
      /not about this/,
    ],
    [
      'a signature moved to another request',
      of(
        'approval.answered',
        () => two,
        (detail: object) => {
          const from = entries.find(
            (one) => one.action === 'approval.answered' && one.subject === approved,
          );
          return { ...from?.detail, decision: (detail as { decision: string }).decision };
        },
      ),
      /signed by somebody else|not about this/,
    ],
    [
      'another nonce',
      answered((detail) => ({ ...detail, challenge: { ...detail.challenge, nonce: 'x' } })),
      /another question/,
    ],
    [
      'a changed signature',
      answered((detail) => ({
        ...detail,
        assertion: { ...detail.assertion, signature: flipped(detail.assertion['signature']) },
      })),
      /signature that is not good/,
    ],
    [
      'without user verification',
      answered((detail) => {
        const data = Buffer.from(detail.assertion['authenticator_data'] ?? '', 'base64url');
        data.writeUInt8(1, 32);
        return {
          ...detail,
          assertion: { ...detail.assertion, authenticator_data: data.toString('base64url') },
        };
      }),
      /did not verify the person/,
    ],
    ['a yes without a signature', answered(() => ({ decision: 'approve' })), /no signature/],
    [
      'another key in place of the registered one',
      (entry) =>
        entry.action === 'passkey.registered'
          ? { ...entry, detail: { ...entry.detail, public_key: otherKey() } }
          : entry,
      /signature that is not good/,
    ],
    [
      'a key that was never registered',
      (entry) => (entry.action === 'passkey.registered' ? [] : entry),
      /no passkey of that person/,
    ],
    [
      'a key that was removed before',
      (entry) =>
        entry.action === 'passkey.registered'
          ? [entry, { ...entry, action: 'passkey.removed' }]
          : entry,
      /no passkey of that person/,
    ],
    [
      'an answer left out',
      (entry) => (entry.action === 'approval.answered' && entry.subject === two ? [] : entry),
      /fewer people/,
    ],
    [
      'one answer of two left out',
      (entry) =>
        entry.action === 'approval.answered' && entry.actor === asking.ines.id ? [] : entry,
      /fewer people/,
    ],
    [
      'one answer twice',
      (entry) =>
        entry.action === 'approval.answered' && entry.subject === two ? [entry, entry] : entry,
      /second yes/,
    ],
    [
      'used without having been approved',
      (entry) => (entry.action === 'approval.approved' ? [] : entry),
      /without having been approved/,
    ],
    [
      'used twice',
      (entry) => (entry.action === 'approval.used' ? [entry, entry] : entry),
      /or twice/,
    ],
    [
      'used for something else',
      of(
        'approval.used',
        () => approved,
        (detail: object) => ({ ...detail, terms_digest: digest }),
      ),
      /something else/,
    ],
  ])('refused: %s', (_, change, problem) => {
    const verdict = verify(rehashed(entries, change));
    expect(verdict.ok).toBe(false);
    expect(verdict.firstBad?.problem).toMatch(problem);
  });

  it('the same chain, hashed anew without a change, is good', () => {
    expect(verify(rehashed(entries, (entry) => entry))).toMatchObject({ ok: true, signatures: 3 });
  });
});

function otherKey(): string {
  const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
    format: 'jwk',
  });
  return Buffer.from(
    cbor([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(Buffer.from(x, 'base64url'))],
      [-3, bytes(Buffer.from(y, 'base64url'))],
    ]),
  ).toString('base64url');
}

describe('keys of passkeys', () => {
  const b64 = (text: string | undefined) => bytes(Buffer.from(text ?? '', 'base64url'));
  const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'jwk',
  });
  const ed25519: CborMap = [
    [1, 1],
    [3, -8],
    [-1, 6],
    [-2, b64(ed.x)],
  ];
  const rs256: CborMap = [
    [1, 3],
    [3, -257],
    [-1, b64(rsa.n)],
    [-2, b64(rsa.e)],
  ];
  const read = (map: CborMap) => readCoseKey(Buffer.from(cbor(map)).toString('base64url'));

  it('of every algorithm that a passkey may have here are read', () => {
    expect(read(ed25519)).toMatchObject({ digest: null });
    expect(read(rs256)).toMatchObject({ digest: 'sha256' });
    expect(readCoseKey(otherKey())).toMatchObject({ digest: 'sha256' });
  });

  it('and nothing else is: cut, longer, doubled, of another curve or algorithm', () => {
    const whole = Buffer.from(otherKey(), 'base64url');
    for (let length = 0; length < whole.length; length += 1) {
      expect(readCoseKey(whole.subarray(0, length).toString('base64url'))).toBeUndefined();
    }
    expect(
      readCoseKey(Buffer.concat([whole, Buffer.from([0])]).toString('base64url')),
    ).toBeUndefined();
    expect(read([...ed25519, [1, 1]])).toBeUndefined();
    expect(
      read([
        [1, 1],
        [3, -7],
        [-1, 6],
        [-2, b64(ed.x)],
      ]),
    ).toBeUndefined();
    expect(
      read([
        [1, 1],
        [3, -8],
        [-1, 7],
        [-2, b64(ed.x)],
      ]),
    ).toBeUndefined();
  });
});
