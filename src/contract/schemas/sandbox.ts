import { z } from 'zod';
import { Time } from './base.ts';

/** One version of a template. */
export const Template = z.object({
  id: z.string(),
  resource: z.string(),
  template: z.string(),
  version: z.number().int(),
  state: z.enum(['building', 'ready', 'retired', 'failed', 'dropping', 'dropped']),
  source: z.string(),
  progress: z
    .object({
      step: z.string(),
      tables: z.number().int(),
      tables_done: z.number().int(),
      rows: z.number().int(),
    })
    .optional(),
  report: z
    .object({
      bytes: z.number(),
      tables: z.number().int(),
      rows: z.number().int(),
      /** `schema.table.column` → null, hash or fake. */
      masked: z.record(z.string(), z.string()),
      skipped: z.array(z.object({ what: z.string(), why: z.string() })),
    })
    .optional(),
  error: z.string().optional(),
  created_at: Time,
  ready_at: Time.optional(),
  ended_at: Time.optional(),
});
export type Template = z.infer<typeof Template>;

const SchemaObject = z.object({ kind: z.string(), name: z.string(), definition: z.string() });
const Values = z.record(z.string(), z.string().nullable());

/** What was changed in a sandbox. Everything in it is the agent's own text or masked data. */
export const Changes = z.object({
  lease_id: z.string(),
  template: z.object({ id: z.string(), name: z.string(), version: z.number().int() }),
  schema: z.object({
    added: z.array(SchemaObject),
    removed: z.array(SchemaObject),
    changed: z.array(SchemaObject.extend({ before: z.string() })),
  }),
  tables: z.array(
    z.object({
      table: z.string(),
      inserted: z.number().int(),
      updated: z.number().int(),
      deleted: z.number().int(),
      rows: z.array(
        z.object({
          kind: z.enum(['inserted', 'updated', 'deleted']),
          key: Values,
          before: Values.optional(),
          after: Values.optional(),
        }),
      ),
      rows_cut: z.number().int(),
    }),
  ),
  not_compared: z.array(z.object({ table: z.string(), why: z.string() })),
  cut: z.object({
    schema_changes: z.number().int(),
    tables: z.number().int(),
    not_compared: z.number().int(),
  }),
});
export type Changes = z.infer<typeof Changes>;
