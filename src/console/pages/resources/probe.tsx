import { CircleCheck, Search } from 'lucide-react';
import type { ResourceDetail } from '../../../contract/schemas/inspect.ts';
import type { Probe } from '../../../contract/schemas/operate.ts';
import { Badge } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { CopyText } from '../../parts/copyable.tsx';
import { Problem } from '../../parts/failure.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { useChange, useRead } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';

const TONES = { blocking: 'danger', gap: 'warn', advice: 'neutral' } as const;
type Finding = Probe['findings'][number];

/** Whether the resource is fit for agents: what it gives away, with the SQL that mends it. */
export function ProbePanel({ of }: { readonly of: ResourceDetail }) {
  const probe = useChange('probeResource', ['listAudit']);
  const may = useMay('admin');
  return (
    <Panel
      title="Fitness"
      aside={
        may && (
          <Button
            size="sm"
            busy={probe.isPending}
            disabled={!of.secret_set}
            onClick={() => probe.mutate({ params: { name: of.name } })}
          >
            <Search aria-hidden className="size-3.5" />
            Probe now
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        <Problem error={probe.error} />
        {probe.data ? <Report probe={probe.data} /> : <LastProbe resource={of.name} />}
      </div>
    </Panel>
  );
}

/** What the audit says about the last one. */
function LastProbe({ resource }: { readonly resource: string }) {
  const query = { subject: `resource:${resource}`, action: 'resource.probed', limit: 1 };
  const audit = useRead('listAudit', { query });
  const last = audit.data?.items[0];
  if (!last) {
    return (
      <p className="text-sm text-ink-soft">
        A probe logs in with the root credential and looks for what the database gives everybody:
        temporary tables, functions that run with their owner’s rights, other databases. It changes
        nothing.
      </p>
    );
  }
  const { hardened, reachable } = last.detail;
  return (
    <p className="flex flex-wrap items-center gap-2 text-sm text-ink-soft">
      <Verdict isReachable={reachable === true} isHardened={hardened === true} />
      <span>
        probed <Time at={last.time} />
      </span>
    </p>
  );
}

function Verdict({
  isReachable,
  isHardened,
}: {
  readonly isReachable: boolean;
  readonly isHardened: boolean;
}) {
  if (!isReachable) return <Badge tone="danger">not reachable</Badge>;
  if (!isHardened) return <Badge tone="warn">gives away too much</Badge>;
  return <Badge tone="good">hardened</Badge>;
}

function Report({ probe }: { readonly probe: Probe }) {
  const open = probe.findings.filter((finding) => !finding.accepted);
  return (
    <>
      <p className="flex flex-wrap items-center gap-2 text-sm text-ink-soft">
        <Verdict isReachable={probe.reachable} isHardened={probe.hardened} />
        {probe.server_version !== undefined && <span>PostgreSQL {probe.server_version}</span>}
      </p>
      {probe.findings.length === 0 && probe.reachable && (
        <p className="flex items-center gap-2 text-sm">
          <CircleCheck aria-hidden className="size-4 text-good-ink" />
          Nothing to mend.
        </p>
      )}
      <ul className="flex flex-col divide-y divide-line">
        {probe.findings.map((finding) => (
          <FindingItem key={finding.id + finding.message} finding={finding} />
        ))}
      </ul>
      {open.some(({ sql }) => sql.length > 0) && (
        <CopyText
          text={open.flatMap(({ sql }) => sql).join('\n')}
          label="Copy all SQL that mends it"
        />
      )}
    </>
  );
}

function FindingItem({ finding }: { readonly finding: Finding }) {
  return (
    <li className="flex flex-col gap-1.5 py-3 text-sm first:pt-0">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={TONES[finding.severity]}>{finding.severity}</Badge>
        <code className="font-mono text-[13px]">{finding.id}</code>
        {finding.accepted && <Badge>accepted by name</Badge>}
      </div>
      <p className="text-ink-soft">{finding.message}</p>
      {finding.sql.length > 0 && (
        <details>
          <summary className="cursor-pointer text-[13px] font-medium text-accent-ink">
            SQL that mends it
          </summary>
          <div className="mt-2">
            <Code label={`SQL that mends ${finding.id}`} text={finding.sql.join('\n')} />
          </div>
        </details>
      )}
    </li>
  );
}
