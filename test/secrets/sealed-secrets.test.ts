import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../src/audit/entry.ts';
import { Secret } from '../../src/domain/secret.ts';
import { parseMasterKey } from '../../src/keys/master-key.ts';
import { createSealer } from '../../src/keys/seal.ts';
import type { RootRotationRows } from '../../src/ports/root-rotations.ts';
import type { SecretRows } from '../../src/ports/secrets.ts';
import { createRootRotations } from '../../src/secrets/sealed/root-rotations.ts';
import { createSealedSecrets } from '../../src/secrets/sealed/sealed-secrets.ts';

const CANARY = 'postgres://admin:canary-pässword@db/shop';
const entry = (generation: number): AuditDraft => ({
  actor: 'opr_host',
  action: 'secret.set',
  subject: 'secret:orders-db/admin-url',
  detail: { generation },
});

function newSealer() {
  const parsed = parseMasterKey(randomBytes(32).toString('hex'));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return createSealer(parsed.key);
}

/** Written and read as a broker does; nothing is pending here. */
function secretsOf(parts: { sealer: ReturnType<typeof newSealer>; rows: SecretRows }) {
  const { roots } = createRootRotations({ ...parts, rotations: {} as RootRotationRows });
  return {
    ...createSealedSecrets(parts),
    read: async (name: string) => (await roots(name)).current,
  };
}

/** Rows in memory, as the store keeps them: newest last. */
function setUp(sealer = newSealer()) {
  const stored: { name: string; generation: number; sealed: string }[] = [];
  const entries: AuditDraft[] = [];
  const latest = (name: string) => stored.findLast((row) => row.name === name);
  const rows: SecretRows = {
    latest: async (name) => latest(name),
    insertNext: async (name, at) => {
      const generation = (latest(name)?.generation ?? 0) + 1;
      const { sealed, entry } = at(generation);
      stored.push({ name, generation, sealed });
      entries.push(entry);
      return generation;
    },
    list: async () => stored.map(({ name, generation }) => ({ name, generation, createdAt: 0 })),
    delete: async () => true,
  };
  return { stored, entries, rows, secrets: secretsOf({ sealer, rows }) };
}

describe('sealed secrets', () => {
  it('give the newest generation back', async () => {
    const { secrets, entries } = setUp();
    expect(await secrets.set('orders-db/admin-url', new Secret('old'), entry)).toBe(1);
    expect(await secrets.set('orders-db/admin-url', new Secret(CANARY), entry)).toBe(2);
    const read = await secrets.read('orders-db/admin-url');
    expect([read.value.reveal(), read.generation]).toEqual([CANARY, 2]);
    expect(entries.map(({ detail }) => detail)).toEqual([{ generation: 1 }, { generation: 2 }]);
  });

  it('leave nothing readable in rows, entries or listings', async () => {
    const { secrets, stored, entries } = setUp();
    await secrets.set('a', new Secret(CANARY), entry);
    const text = JSON.stringify([stored, entries, await secrets.list()]);
    expect(text).not.toContain('canary');
    expect(text).not.toContain(Buffer.from(CANARY).toString('base64url').slice(4, 20));
  });

  it('do not open under another name, generation or master key', async () => {
    const { secrets, stored, rows } = setUp();
    await secrets.set('a', new Secret('old'), entry);
    await secrets.set('a', new Secret('new'), entry);
    const [first, second] = stored as [(typeof stored)[0], (typeof stored)[0]];
    stored.splice(0, 2, { ...first, name: 'b' });
    await expect(secrets.read('b')).rejects.toThrow(/internal/);
    stored.splice(0, 1, { ...first, generation: second.generation });
    await expect(secrets.read('a')).rejects.toThrow(/internal/);
    stored.splice(0, 1, second);
    expect((await secrets.read('a')).value.reveal()).toBe('new');
    const other = secretsOf({ sealer: newSealer(), rows });
    await expect(other.read('a')).rejects.toThrow(/internal/);
  });

  it('say which secret is missing', async () => {
    await expect(setUp().secrets.read('orders-db/admin-url')).rejects.toMatchObject({
      code: 'secret_unavailable',
      detail: expect.stringContaining('orders-db/admin-url'),
    });
  });

  it.each([
    '',
    'A',
    '/a',
    'a/',
    'a//b',
    'a/../b',
    '..',
    'a..b',
    '.a',
    'a b',
    'a\n',
    'ä',
    'x'.repeat(129),
  ])('refuse the name %j', async (name) => {
    const { secrets, stored } = setUp();
    await expect(secrets.set(name, new Secret('x'), entry)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await expect(secrets.delete(name, entry(1))).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(secrets.read(name)).rejects.toMatchObject({ code: 'secret_unavailable' });
    expect(stored).toEqual([]);
  });

  it.each(['a', 'orders-db/admin-url', '0.a_b-c/d.e', 'x'.repeat(128)])(
    'take the name %j',
    async (name) => {
      expect(await setUp().secrets.set(name, new Secret('x'), entry)).toBe(1);
    },
  );
});
