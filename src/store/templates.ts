import type { AuditDraft } from '../audit/entry.ts';
import { conflict } from '../domain/errors.ts';
import type { TemplateState, TemplateVersion } from '../domain/template.ts';
import type { LeavingTemplate, NewTemplate, TemplateStore } from '../ports/templates.ts';
import { appendAudit } from './audit-append.ts';
import { type Pool, query, type Tx, transaction } from './pool.ts';
import { TEMPLATE_COLUMNS, toTemplate } from './rows.ts';
import { claimLeaving } from './templates-leaving.ts';

export function createTemplateStore(pool: Pool): TemplateStore {
  const first = async (where: string, values: readonly unknown[]) => {
    const rows = await query(
      pool,
      `select ${TEMPLATE_COLUMNS} from sandbox_templates where ${where}`,
      values,
    );
    return rows[0] && toTemplate(rows[0]);
  };
  return {
    begin: (template, entry) => transaction(pool, (tx) => begin(tx, template, entry)),
    progress: async (id, progress) => {
      const rows = await query(
        pool,
        `update sandbox_templates set progress = $2, heartbeat_at = clock_timestamp()
         where id = $1 and state = 'building' returning 1`,
        [id, progress],
      );
      return rows.length > 0;
    },
    complete: (id, report, entry) => transaction(pool, (tx) => complete(tx, id, report, entry)),
    fail: (id, error, entry) =>
      end(
        pool,
        "set state = 'failed', error = $2, progress = null",
        'building',
        [id, error],
        entry,
      ),
    find: (id) => first('id = $1', [id]),
    list: async (resource) => {
      const rows = await query(
        pool,
        `select ${TEMPLATE_COLUMNS} from sandbox_templates where resource = $1 order by id desc`,
        [resource],
      );
      return rows.map(toTemplate);
    },
    pin: (leaseId, resource, name) => transaction(pool, (tx) => pin(tx, leaseId, resource, name)),
    ofLease: (leaseId) =>
      first('id = (select template_id from sandbox_clones where lease_id = $1)', [leaseId]),
    giveUpSilent: (silentMs, entry) => giveUpSilent(pool, silentMs, entry),
    claimLeaving: (limit, claimMs): Promise<LeavingTemplate[]> =>
      claimLeaving(pool, limit, claimMs),
    dropped: (id, entry) =>
      end(pool, "set state = 'dropped', ended_at = now_at()", 'dropping', [id], entry),
  };
}

/** Moves a version on, with its entry, unless somebody else has. */
function end(
  pool: Pool,
  change: string,
  from: TemplateState,
  values: readonly unknown[],
  entry: AuditDraft,
): Promise<void> {
  return transaction(pool, async (tx) => {
    const text = `update sandbox_templates ${change} where id = $1 and state = '${from}' returning 1`;
    const rows = await query(tx, text, values);
    if (rows.length > 0) appendAudit(tx, [entry]);
  });
}

function giveUpSilent(
  pool: Pool,
  silentMs: number,
  entry: (template: TemplateVersion) => AuditDraft,
): Promise<number> {
  return transaction(pool, async (tx) => {
    const rows = await query(
      tx,
      `update sandbox_templates set state = 'failed', progress = null,
         error = 'The broker that built it went away.'
       where state = 'building' and heartbeat_at < clock_timestamp() - $1 * interval '1 ms'
       returning ${TEMPLATE_COLUMNS}`,
      [silentMs],
    );
    if (rows.length > 0) appendAudit(tx, rows.map(toTemplate).map(entry));
    return rows.length;
  });
}

async function begin(
  tx: Tx,
  template: NewTemplate,
  entry: (version: number) => AuditDraft,
): Promise<TemplateVersion> {
  const { id, resource, name, database, definition, source, secret } = template;
  const { server = null, serverIdentity = null } = template;
  const rows = await query(
    tx,
    `insert into sandbox_templates (id, resource, name, version, state, database, definition, source, secret,
       server, server_identity)
     select $1, $2, $3, coalesce(max(version), 0) + 1, 'building', $4, $5, $6, $7, $8, $9
     from sandbox_templates where resource = $2 and name = $3
     on conflict do nothing returning ${TEMPLATE_COLUMNS}`,
    [id, resource, name, database, definition, source, secret, server, serverIdentity],
  );
  if (!rows[0]) throw conflict(`The template ${name} of ${resource} is being built already.`);
  const made = toTemplate(rows[0]);
  appendAudit(tx, [entry(made.version)]);
  return made;
}

async function complete(tx: Tx, id: string, report: unknown, entry: AuditDraft): Promise<boolean> {
  await query(
    tx,
    `update sandbox_templates old set state = 'retired' from sandbox_templates new
     where new.id = $1 and new.state = 'building' and old.state = 'ready'
       and old.resource = new.resource and old.name = new.name`,
    [id],
  );
  const rows = await query(
    tx,
    `update sandbox_templates set state = 'ready', report = $2, progress = null, ready_at = now_at()
     where id = $1 and state = 'building' returning 1`,
    [id, report],
  );
  if (rows.length === 0) return false;
  appendAudit(tx, [entry]);
  return true;
}

async function pin(
  tx: Tx,
  leaseId: string,
  resource: string,
  name: string,
): Promise<TemplateVersion | undefined> {
  // The lock keeps it from being retired and claimed between this and the tie's commit.
  const rows = await query(
    tx,
    `select ${TEMPLATE_COLUMNS} from sandbox_templates
     where resource = $1 and name = $2 and state = 'ready' for share`,
    [resource, name],
  );
  if (!rows[0]) return undefined;
  const template = toTemplate(rows[0]);
  await query(tx, 'insert into sandbox_clones (lease_id, template_id) values ($1, $2)', [
    leaseId,
    template.id,
  ]);
  return template;
}
