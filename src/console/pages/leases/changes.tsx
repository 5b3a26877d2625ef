import type { Changes } from '../../../contract/schemas/sandbox.ts';
import { Button } from '../../parts/button.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Visible } from '../../parts/words.tsx';
import { useRead } from '../../wire/query.ts';
import { useState } from 'react';

/** What the agent changed in its sandbox so far; compared when somebody asks. */
export function SandboxChanges({ lease }: { readonly lease: string }) {
  const [isAsked, setAsked] = useState(false);
  const changes = useRead('getLeaseChanges', { params: { id: lease } }, { enabled: isAsked });
  const compare = () => (isAsked ? void changes.refetch() : setAsked(true));
  return (
    <Panel
      title="What was changed in the sandbox"
      aside={
        <Button size="sm" busy={changes.isFetching} onClick={compare}>
          {changes.data ? 'Compare again' : 'Compare with its template'}
        </Button>
      }
    >
      {!isAsked && (
        <p className="text-sm text-ink-soft">
          Reads the sandbox row by row and says what differs. Everything in it is masked, or the
          agent’s own.
        </p>
      )}
      <Problem error={changes.error} />
      {changes.isFetching && !changes.data && <Waiting />}
      {changes.data && <Compared of={changes.data} />}
    </Panel>
  );
}

function Compared({ of }: { readonly of: Changes }) {
  const { added, removed, changed } = of.schema;
  const objects = [
    ...added.map((one) => ({ ...one, how: 'added' })),
    ...removed.map((one) => ({ ...one, how: 'removed' })),
    ...changed.map((one) => ({ ...one, how: 'changed' })),
  ];
  const tables = of.tables.filter((one) => one.inserted + one.updated + one.deleted > 0);
  if (objects.length + tables.length + of.not_compared.length === 0) {
    return <p className="text-sm text-ink-soft">Nothing differs from its template.</p>;
  }
  return (
    <div className="flex flex-col gap-4 text-sm">
      {objects.length > 0 && (
        <ul className="flex flex-col gap-1.5">
          {objects.map(({ how, kind, name }) => (
            <li key={how + kind + name}>
              <span className="text-ink-faint">
                {how} {kind}
              </span>{' '}
              <code className="font-mono text-[13px]">
                <Visible text={name} />
              </code>
            </li>
          ))}
        </ul>
      )}
      {tables.length > 0 && <Tables tables={tables} />}
      {of.not_compared.map(({ table, why }) => (
        <p key={table} className="text-warn-ink">
          Not compared: <Visible text={table} />, {why}.
        </p>
      ))}
    </div>
  );
}

function Tables({ tables }: { readonly tables: Changes['tables'] }) {
  return (
    <table className="w-full text-left">
      <thead className="text-xs text-ink-faint">
        <tr>
          <th className="py-1.5 pr-3 font-medium">Table</th>
          <th className="px-3 py-1.5 text-right font-medium">Inserted</th>
          <th className="px-3 py-1.5 text-right font-medium">Updated</th>
          <th className="py-1.5 pl-3 text-right font-medium">Deleted</th>
        </tr>
      </thead>
      <tbody className="divide-y divide-line tabular-nums">
        {tables.map(({ table, inserted, updated, deleted }) => (
          <tr key={table}>
            <td className="py-2 pr-3 font-mono text-[13px] break-all">
              <Visible text={table} />
            </td>
            <td className="px-3 py-2 text-right">{inserted}</td>
            <td className="px-3 py-2 text-right">{updated}</td>
            <td className="py-2 pl-3 text-right">{deleted}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
