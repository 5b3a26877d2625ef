import { randomBytes } from 'node:crypto';
import { applyBundle, TEAM } from '../broker/bundle.ts';
import type { Ours, Setting } from '../setting.ts';

export const SANDBOX_SCOPE = 'bench-sandboxes:try';
const RESOURCE = 'bench-sandboxes';
const ADMIN = 'sandbox_admin';
/** 32 characters each. */
const LABEL_HASHES = 8;

/** The sandbox server's admin, and templates that can be built there. */
export interface SandboxGround {
  readonly ours: Ours;
  readonly adminUrl: string;
  /** Makes a source of about that many megabytes, half of them personal. */
  fillSource(template: 'small' | 'large', megabytes: number): Promise<void>;
  /** Builds a template; `look` is called while it runs. @returns its report */
  build(template: 'small' | 'large', look?: () => void): Promise<{ bytes: number; rows: number }>;
  /** Name of the database of the version that is ready. */
  databaseOf(template: 'small' | 'large'): Promise<string>;
}

interface Version {
  readonly id: string;
  readonly template: string;
  readonly state: string;
  readonly error?: string;
  readonly report?: { readonly bytes: number; readonly rows: number };
}

function file(name: string, body: string): string {
  return `resource: ${name}\nkind: postgres\nenvironment: staging\nowner: dana@example.com\n${body}`;
}

const template = (source: string) =>
  `{ source: bench-source-${source}, personal: [public.people], masking: { public.people: { id: keep, email: fake, name: hash, label: keep } } }`;
const source = (name: string) =>
  file(
    `bench-source-${name}`,
    `connection: { url: { secret: bench-source-${name}/admin-url } }
scopes: { read: { effect: read, postgres: { grant: [ { privileges: [SELECT], tables: [public.people] } ] } } }\n`,
  );
const FILES = {
  'resources/bench-source-small.yaml': source('small'),
  'resources/bench-source-large.yaml': source('large'),
  'resources/bench-sandboxes.yaml': file(
    RESOURCE,
    `connection: { url: { secret: ${RESOURCE}/admin-url } }
scopes: { try: { effect: sandbox, max_ttl: 1h, sandbox: { template: small, max_size: 1GB } } }
templates: { small: ${template('small')}, large: ${template('large')} }\n`,
  ),
  'rules/bench-sandbox.cedar': `@id("bench-tries")
permit (principal in Team::"${TEAM}", action == Action::"sandbox", resource in Resource::"${RESOURCE}");\n`,
};

const grounds = new WeakMap<Setting, Promise<SandboxGround>>();

/** Opened once for both sections. */
export function sandboxGround(setting: Setting): Promise<SandboxGround> {
  const known = grounds.get(setting) ?? open(setting);
  grounds.set(setting, known);
  return known;
}

async function open(setting: Setting): Promise<SandboxGround> {
  const [ours, server, sources] = [
    await setting.ours(),
    await setting.sandboxes(),
    await setting.resource(),
  ];
  const password = randomBytes(16).toString('hex');
  await server.run(
    'postgres',
    `create role ${ADMIN} login createdb createrole password '${password}'`,
    `create database sandboxes owner ${ADMIN}`,
    'revoke connect, temporary on database postgres, template1, sandboxes from public',
  );
  const adminUrl = server.url('sandboxes', ADMIN, password);
  const secret = (name: string, value: string) =>
    ours.operator.call('PUT', `/v1/secrets/${name}/admin-url`, { value });
  await applyBundle(ours.operator, FILES);
  await secret(RESOURCE, adminUrl);
  const versions = async () =>
    (await ours.operator.call<{ items: Version[] }>('GET', `/v1/resources/${RESOURCE}/templates`))
      .items;
  return {
    ours,
    adminUrl,
    fillSource: async (name, megabytes) => {
      const database = `source_${name}`;
      await sources.run('postgres', `create database ${database}`);
      // A row takes about 400 bytes.
      const rows = Math.round((megabytes * 2 ** 20) / 400);
      await sources.run(
        database,
        'create table public.people (id bigint primary key, email text not null, name text not null, label text)',
        `insert into public.people select n, 'person' || n || '@shop.example', repeat('n', 50) || n,
           repeat(md5(n::text), ${LABEL_HASHES}) from generate_series(1, ${rows}) n`,
      );
      await secret(`bench-source-${name}`, sources.url(database));
    },
    build: async (name, look) => {
      const path = `/v1/resources/${RESOURCE}/templates/${name}/refresh`;
      const { id } = await ours.operator.call<Version>('POST', path);
      for (;;) {
        look?.();
        const now = (await versions()).find((one) => one.id === id);
        if (now?.state === 'ready' && now.report) return now.report;
        if (now?.state !== 'building') throw new Error(`${name} is ${now?.state}: ${now?.error}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    databaseOf: async (name) => {
      const ready = (await versions()).find(
        (one) => one.template === name && one.state === 'ready',
      );
      if (!ready) throw new Error(`${name} is not ready`);
      const { items } = await ours.operator.call<{ items: { detail: { database: string } }[] }>(
        'GET',
        `/v1/audit?action=template.building&subject=${ready.id}`,
      );
      return items[0]?.detail.database ?? '';
    },
  };
}
