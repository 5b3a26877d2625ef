import { z } from 'zod';
import { Code } from '../../parts/code.tsx';

const Grants = z.object({
  grant: z.array(
    z.union([
      z.object({
        privileges: z.array(z.string()),
        tables: z.array(z.string()),
        columns: z.array(z.string()).optional(),
      }),
      z.object({ privileges: z.array(z.string()), schema: z.string() }),
    ]),
  ),
});
type Grant = z.infer<typeof Grants>['grant'][number];
/** What else a file may say is small: a duration, a number, a name. */
const Plain = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What the provider is told to give, readable where its shape is known and whole where it is not. */
export function Constraints({ of, scope }: { readonly of: unknown; readonly scope: string }) {
  const grants = Grants.safeParse(of);
  const { grant: _grant, ...others } = { grant: undefined, ...(of as object) };
  const plain = Plain.safeParse(others);
  if (!plain.success || (!grants.success && Object.keys(plain.data).length === 0)) {
    return <Code label={`What ${scope} gives`} text={JSON.stringify(of, null, 2) ?? ''} />;
  }
  return (
    <div className="flex flex-col gap-3">
      {grants.success && (
        <ul className="flex flex-col gap-2 text-sm">
          {grants.data.grant.map((grant) => (
            <li key={JSON.stringify(grant)} className="flex flex-wrap gap-x-2 gap-y-1">
              <span className="font-medium">{grant.privileges.join(', ')}</span>
              <span className="text-ink-faint">on</span>
              <span className="min-w-0 font-mono text-[13px] break-words">{target(grant)}</span>
            </li>
          ))}
        </ul>
      )}
      {Object.keys(plain.data).length > 0 && (
        <dl className="flex flex-wrap gap-x-6 gap-y-1 text-[13px]">
          {Object.entries(plain.data).map(([name, value]) => (
            <div key={name} className="flex gap-1.5">
              <dt className="text-ink-faint">{name.replaceAll('_', ' ')}</dt>
              <dd>{String(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function target(grant: Grant): string {
  if ('schema' in grant) return `every table of schema ${grant.schema}`;
  const tables = grant.tables.join(', ');
  return grant.columns === undefined ? tables : `${tables} (${grant.columns.join(', ')})`;
}
