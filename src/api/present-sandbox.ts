import type { Changes, Template } from '../contract/schemas/sandbox.ts';
import type { SandboxChanges } from '../domain/changes.ts';
import type { Lease } from '../domain/lease.ts';
import type { TemplateVersion } from '../domain/template.ts';
import { type Loose, time, timeIf } from './present.ts';

export function template(value: TemplateVersion): Loose<Template> {
  const { progress, report } = value;
  return {
    id: value.id,
    resource: value.resource,
    template: value.name,
    version: value.version,
    state: value.state,
    source: value.source,
    progress: progress && {
      step: progress.step,
      tables: progress.tables,
      tables_done: progress.tablesDone,
      rows: progress.rows,
    },
    report: report && {
      bytes: report.bytes,
      tables: report.tables,
      rows: report.rows,
      masked: { ...report.masked },
      skipped: report.skipped.map(({ what, why }) => ({ what, why })),
    },
    error: value.error,
    created_at: time(value.createdAt),
    ready_at: timeIf(value.readyAt),
    ended_at: timeIf(value.endedAt),
  };
}

export function changes(made: {
  readonly lease: Lease;
  readonly template: TemplateVersion;
  readonly changes: SandboxChanges;
}): unknown {
  const { lease, template: of, changes: found } = made;
  return {
    lease_id: lease.id,
    template: { id: of.id, name: of.name, version: of.version },
    schema: found.schema,
    tables: found.tables.map(({ rowsCut, ...table }) => ({ ...table, rows_cut: rowsCut })),
    not_compared: found.notCompared,
    cut: {
      schema_changes: found.cut.schemaChanges,
      tables: found.cut.tables,
      not_compared: found.cut.notCompared,
    },
  } satisfies Readonly<Record<keyof Changes, unknown>>;
}
