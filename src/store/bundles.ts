import type { AuditDraft } from '../audit/entry.ts';
import { conflict } from '../domain/errors.ts';
import type {
  ActivationLeave,
  BundleStore,
  DeclaredAgent,
  StoredBundle,
} from '../ports/bundles.ts';
import { appendAudit } from './audit-append.ts';
import { announce, lockGate } from './feed-event.ts';
import { supersedeWidenings, useWidening } from './use-widening.ts';
import { one, type Pool, query, type Tx, transaction } from './pool.ts';

const COLUMNS = `version::int as version, digest, note, author, ms(created_at) as "createdAt"`;
type Declared = DeclaredAgent & { readonly id: string };

export function createBundleStore(pool: Pool): BundleStore {
  return {
    insert: (bundle, entry) =>
      transaction(pool, async (tx) => {
        const rows = await query<StoredBundleRow>(
          tx,
          `insert into bundles (digest, files, note, author) values ($1, $2, $3, $4)
           returning ${COLUMNS}`,
          [bundle.digest, JSON.stringify(bundle.files), bundle.note, bundle.author],
        );
        const stored = one(rows, () => conflict('The bundle could not be stored.'));
        appendAudit(tx, [entry(stored.version)]);
        return stored;
      }),
    files: async (version) => {
      const rows = await query<{ files: Record<string, string> }>(
        pool,
        'select files from bundles where version = $1',
        [version],
      );
      return rows[0]?.files;
    },
    list: (page) =>
      query<StoredBundleRow>(
        pool,
        `select ${COLUMNS} from bundles where ($2::bigint is null or version < $2)
         order by version desc limit $1`,
        [page.limit, page.before ?? null],
      ),
    active: () => readGate(pool, 'bundle_version'),
    activate: (version, agents, entry, leave) =>
      transaction(pool, (tx) => activate(tx, { version, agents, entry, leave })),
    redecided: () => readGate(pool, 'redecided_version'),
    markRedecided: async (version) => {
      await query(pool, 'update gate set redecided_version = $1 where bundle_version = $1', [
        version,
      ]);
    },
  };
}

interface StoredBundleRow extends StoredBundle {
  [column: string]: unknown;
}

async function readGate(
  pool: Pool,
  column: 'bundle_version' | 'redecided_version',
): Promise<number | undefined> {
  const rows = await query<{ v: number | null }>(pool, `select ${column}::int as v from gate`);
  return rows[0]?.v ?? undefined;
}

interface Activation {
  readonly version: number;
  readonly agents: readonly Declared[];
  readonly entry: AuditDraft;
  readonly leave: ActivationLeave;
}

async function activate(
  tx: Tx,
  { version, agents, entry, leave }: Activation,
): Promise<{ previous: number | undefined; rekeyed: string[] }> {
  await lockGate(tx);
  const [gate] = await query<{ v: number | null }>(tx, 'select bundle_version::int as v from gate');
  if ((gate?.v ?? undefined) !== leave.from) {
    throw conflict('Another version became active meanwhile: look at the difference again.');
  }
  const { approvalId } = leave;
  const used = approvalId ? [await useWidening(tx, approvalId, `bundle:${version}`)] : [];
  // A version may come back after another one: grants of that one are to be decided again too.
  await query(tx, 'update gate set bundle_version = $1, redecided_version = null', [version]);
  const rekeyed = await cutChangedKeys(tx, agents);
  const changed = await declareAgents(tx, agents);
  await announce(tx, [
    { kind: 'bundle', target: String(version) },
    ...changed.map((id) => ({ kind: 'agent' as const, target: id })),
  ]);
  const superseded = await supersedeWidenings(tx, version);
  appendAudit(tx, [...used, entry, ...superseded]);
  return { previous: gate?.v ?? undefined, rekeyed };
}

const DECLARED_KEYS = 'd(name text, jwks jsonb, jwks_uri text, proofs jsonb)';

/** Before the file's agents are written: their version grows then. @returns ids of agents */
async function cutChangedKeys(tx: Tx, agents: readonly Declared[]): Promise<string[]> {
  const rows = await query<{ id: string }>(
    tx,
    `insert into proof_cuts (agent_id, version, kind, kept)
     select a.id, a.version + 1, 'key', array(select jsonb_array_elements_text(d.proofs))
     from jsonb_to_recordset($1::jsonb) as ${DECLARED_KEYS}
     join agents a on a.name = d.name and a.managed_by = 'bundle'
     where (a.jwks, a.jwks_uri) is distinct from (d.jwks, d.jwks_uri)
     on conflict do nothing returning agent_id as id`,
    [
      JSON.stringify(
        agents.map(({ name, jwks, jwksUri, proofs }) => ({
          name,
          jwks,
          jwks_uri: jwksUri,
          proofs,
        })),
      ),
    ],
  );
  return rows.map((row) => row.id);
}

/** Makes the table agree with the file. @returns ids of agents that changed */
async function declareAgents(tx: Tx, agents: readonly Declared[]): Promise<string[]> {
  const names = agents.map((agent) => agent.name);
  const [taken] = await query<{ name: string }>(
    tx,
    `select name from agents where managed_by = 'api' and name = any($1) limit 1`,
    [names],
  );
  if (taken) {
    throw conflict(`agents.yaml declares ${taken.name}, which the API manages already.`);
  }
  const written = await query<{ id: string }>(
    tx,
    `insert into agents (id, name, owner, teams, jwks, jwks_uri, state, managed_by)
     select d.id, d.name, d.owner, array(select jsonb_array_elements_text(d.teams)), d.jwks, d.jwks_uri,
            'active', 'bundle'
     from jsonb_to_recordset($1::jsonb)
       as d(id text, name text, owner text, teams jsonb, jwks jsonb, jwks_uri text)
     on conflict (name) do update set owner = excluded.owner, teams = excluded.teams,
       jwks = excluded.jwks, jwks_uri = excluded.jwks_uri, version = agents.version + 1,
       state = case agents.state when 'retired' then 'active' else agents.state end
     where (agents.owner, agents.teams, agents.jwks, agents.jwks_uri, agents.state = 'retired')
       is distinct from (excluded.owner, excluded.teams, excluded.jwks, excluded.jwks_uri, false)
     returning id`,
    [
      JSON.stringify(
        agents.map((a) => ({
          id: a.id,
          name: a.name,
          owner: a.owner,
          teams: a.teams,
          jwks: a.jwks ?? null,
          jwks_uri: a.jwksUri ?? null,
        })),
      ),
    ],
  );
  const retired = await query<{ id: string }>(
    tx,
    `update agents set state = 'retired', version = version + 1
     where managed_by = 'bundle' and state <> 'retired' and name <> all($1) returning id`,
    [names],
  );
  return [...written, ...retired].map((row) => row.id);
}
