import { randomBytes } from 'node:crypto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { checkedStoreFacts } from '../../src/main/check-store.ts';
import { migrate } from '../../src/store/migrate.ts';
import { createPool } from '../../src/store/pool.ts';
import { availableMajors } from '../support/postgres.ts';
import { createTestStore, MIGRATIONS, type TestStore } from '../support/store.ts';

describe.each([14, 18] as const)('the role in DATABASE_URL, on PostgreSQL %i', (major) => {
  describe.skipIf(!availableMajors().includes(major))('', () => {
    let store: TestStore;
    let runtime: string;
    beforeAll(async () => {
      store = await createTestStore(major);
    });
    beforeEach(async () => {
      runtime = `runtime_${randomBytes(5).toString('hex')}`;
      await store.asSuperuser(`create role ${runtime} login password 'runtime'`);
      await migrate({
        ownerUrl: new Secret(store.ownerUrl),
        runtimeRole: runtime,
        directory: MIGRATIONS,
        newInstallationId: 'aaaaaaaa',
      });
    });
    afterEach(() =>
      store.asSuperuser(
        `reassign owned by ${runtime} to ${new URL(store.ownerUrl).username}; drop owned by ${runtime};
         revoke all on countersign.audit_entries from public; drop role ${runtime}`,
      ),
    );

    async function check() {
      const url = new URL(store.runtimeUrl);
      url.username = runtime;
      const pool = createPool({ url: new Secret(url.href), poolSize: 1 });
      try {
        return await checkedStoreFacts(pool);
      } finally {
        await pool.end();
      }
    }

    it('is good as migrate leaves it', async () => {
      expect(await check()).toMatchObject({ ownsAudit: false, excessOnAudit: [] });
    });

    const AUDIT = 'countersign.audit_entries';
    it.each<[string, (runtime: string, store: TestStore) => string]>([
      ['may insert', (runtime) => `grant insert on ${AUDIT} to ${runtime}`],
      ['may move the head', (runtime) => `grant update on countersign.audit_head to ${runtime}`],
      ['may update', (runtime) => `grant update on ${AUDIT} to ${runtime}`],
      ['may update one column', (runtime) => `grant update (detail) on ${AUDIT} to ${runtime}`],
      ['may delete', (runtime) => `grant delete on ${AUDIT} to ${runtime}`],
      ['may truncate', (runtime) => `grant truncate on ${AUDIT} to ${runtime}`],
      ['may add a trigger', (runtime) => `grant trigger on ${AUDIT} to ${runtime}`],
      ['may through PUBLIC', () => `grant delete on ${AUDIT} to public`],
      [
        'may by becoming another role',
        (runtime) =>
          `create role via_${runtime}; grant delete on ${AUDIT} to via_${runtime};
           grant via_${runtime} to ${runtime}; alter role ${runtime} noinherit`,
      ],
      ['owns the table', (runtime) => `alter table ${AUDIT} owner to ${runtime}`],
      ['owns the schema', (runtime) => `alter schema countersign owner to ${runtime}`],
      [
        'owns the database',
        (runtime, { database }) => `alter database ${database} owner to ${runtime}`,
      ],
      [
        'can become the owner',
        (runtime, { ownerUrl }) => `grant ${new URL(ownerUrl).username} to ${runtime}`,
      ],
      ['is a superuser', (runtime) => `alter role ${runtime} superuser`],
      ...(major < 16
        ? ([
            ['may make itself a member of any role', (r: string) => `alter role ${r} createrole`],
          ] as [string, (runtime: string) => string][])
        : []),
    ])('is refused when it %s', async (_what, sql) => {
      await store.asSuperuser(sql(runtime, store));
      await expect(check()).rejects.toThrow(/rewrite history\. Use the runtime role/);
    });
  });
});
