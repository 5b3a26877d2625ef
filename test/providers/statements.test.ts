import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { roleNames } from '../../src/providers/postgres/names.ts';
import { createPostgresProvider } from '../../src/providers/postgres/provider.ts';
import { scramVerifier } from '../../src/providers/postgres/scram.ts';
import { createProviders } from '../../src/providers/registry.ts';
import { newLease, scope } from './shop.ts';

const provider = createPostgresProvider({ installation: 'abcd1234', networkAllow: new Set() });
const PLACE = { kind: 'postgres', environment: { name: 'production', protected: true } };
const select = (more: object) => ({ grant: [{ privileges: ['SELECT'], ...more }] });
const GOOD = select({ tables: ['public.orders'] });

describe('a scope of a postgres resource', () => {
  it.each([
    ['the shortest', 'read', GOOD],
    ['columns', 'read', select({ tables: ['public.orders'], columns: ['id'] })],
    ['a schema', 'read', select({ schema: 'stock' })],
    ['write, even where it is protected', 'write', GOOD],
    [
      'every setting',
      'read',
      {
        ...GOOD,
        statement_timeout: '1h',
        idle_in_transaction_timeout: '10m',
        idle_session_timeout: '1h',
        lock_timeout: '1s',
        connections: 20,
        temp_file_limit: '10MB',
      },
    ],
  ] as const)('is accepted: %s', (_name, effect, constraints) => {
    expect(provider.checkScope(PLACE, scope('s', effect, constraints))).toEqual([]);
  });

  it.each([
    ['nothing', 'read', undefined, /postgres: /],
    ['no grants', 'read', { grant: [] }, /postgres\.grant/],
    ['an unknown member', 'read', { ...GOOD, superuser: true }, /superuser/],
    ['an unknown member of a grant', 'read', select({ tables: ['a.b'], where: '1' }), /where/],
    [
      'a write in a read',
      'read',
      { grant: [{ privileges: ['UPDATE'], tables: ['a.b'] }] },
      /a read scope cannot grant UPDATE/,
    ],
    [
      'TRUNCATE',
      'write',
      { grant: [{ privileges: ['TRUNCATE'], tables: ['a.b'] }] },
      /grant\.0\.privileges\.0/,
    ],
    [
      'TRIGGER',
      'write',
      { grant: [{ privileges: ['TRIGGER'], tables: ['a.b'] }] },
      /grant\.0\.privileges\.0/,
    ],
    [
      'DELETE of a column',
      'write',
      { grant: [{ privileges: ['DELETE'], tables: ['a.b'], columns: ['c'] }] },
      /DELETE cannot be limited/,
    ],
    ['a table without schema', 'read', select({ tables: ['orders'] }), /schema\.table/],
    ['three parts', 'read', select({ tables: ['a.b.c'] }), /schema\.table/],
    ['the catalog', 'read', select({ tables: ['pg_catalog.pg_authid'] }), /system schema/],
    ['a system schema', 'read', select({ schema: 'information_schema' }), /system schema/],
    ['a long name', 'read', select({ tables: [`public.${'é'.repeat(32)}`] }), /schema\.table/],
    ['no time', 'read', { ...GOOD, statement_timeout: '0s' }, /statement_timeout/],
    ['too much time', 'read', { ...GOOD, statement_timeout: '2h' }, /statement_timeout/],
    ['too many connections', 'read', { ...GOOD, connections: 21 }, /connections/],
    ['secrets', 'read_secret', GOOD, /effect read, write or destroy, not read_secret/],
  ] as const)('is refused with a sentence: %s', (_name, effect, constraints, sentence) => {
    const problems = provider.checkScope(PLACE, scope('s', effect, constraints));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join(' ')).toMatch(sentence);
    for (const problem of problems) expect(problem).toMatch(/\.$/);
  });
});

describe('the plan', () => {
  const plain = (lines: string[]) =>
    lines.join('\n').replace(/"(?:[^"]|"")*"| *E?'(?:[^']|'')*'/g, ' ?');
  const planned = (schema: string, table: string, column: string) => {
    const constraints = select({ tables: [`${schema}.${table}`], columns: [column] });
    return provider.plan({
      lease: newLease('abcd1234'),
      resource: {
        name: 'orders-db',
        ...PLACE,
        owner: 'dana@example.com',
        connection: { url: { secret: 's' }, accept: [] },
        scopes: new Map(),
      },
      scope: scope('read', 'read', constraints),
    });
  };

  it('shows the statements, and a place where the verifier goes', () => {
    const lines = planned('public', 'orders', 'id');
    expect(lines[0]).toMatch(
      /^GRANT SELECT \("id"\) ON TABLE "public"\."orders" TO "cs_abcd1234_g_[0-9a-f]{16}"$/,
    );
    expect(lines[1]).toMatch(
      /^CREATE ROLE "cs_abcd1234_\w{26}" LOGIN PASSWORD '<SCRAM-SHA-256 verifier>' VALID UNTIL '.+' CONNECTION LIMIT 2$/,
    );
    expect(lines[2]).toMatch(/WITH INHERIT TRUE, SET FALSE$/);
    expect(lines[3]).toMatch(/TO CURRENT_USER WITH INHERIT TRUE, SET TRUE$/);
  });

  it('keeps its shape whatever things are called', () => {
    const shape = plain(planned('public', 'orders', 'id'));
    const name = fc
      .string({ minLength: 1, maxLength: 15, unit: fc.constantFrom(...`"'\\;-/*$ aé\n`) })
      .filter((text) => !text.startsWith('pg_'));
    fc.assert(
      fc.property(name, name, name, (schema, table, column) => {
        expect(plain(planned(schema, table, column))).toBe(shape);
      }),
    );
  });
});

describe('names', () => {
  it('tell our roles from all others', () => {
    const names = roleNames('abcd1234');
    const { outsideName } = newLease('abcd1234');
    expect(names.isLease(outsideName)).toBe(true);
    const others = [
      newLease('abcd1235').outsideName,
      `${outsideName}0`,
      `x${outsideName}`,
      outsideName.toUpperCase(),
      names.group('orders-db:read'),
      'postgres',
    ];
    for (const other of others) expect(names.isLease(other)).toBe(false);
    expect(names.group('a:b')).not.toBe(names.group('a:c'));
    expect(names.group('a:b')).toMatch(new RegExp(names.groupPattern));
    expect(Buffer.byteLength(outsideName)).toBeLessThanOrEqual(63);
    expect(() => roleNames('a%')).toThrow('8 characters');
  });
});

describe('verifiers', () => {
  it('are what PostgreSQL computes (RFC 7677 salt, password pencil)', async () => {
    const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
    expect(await scramVerifier('pencil', salt)).toBe(
      'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=',
    );
  });
});

describe('the registry', () => {
  const providers = createProviders({ installation: 'abcd1234', networkAllow: new Set() });
  afterAll(() => Promise.all([...providers.values()].map((one) => one.close())));

  it('knows each provider by its kind', () => {
    for (const [kind, one] of providers) expect(one.kind).toBe(kind);
    expect([...providers.keys()]).toEqual(['postgres', 'vault']);
  });
});
