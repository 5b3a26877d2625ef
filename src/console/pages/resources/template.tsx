import { RefreshCw } from 'lucide-react';
import type { ResourceDetail } from '../../../contract/schemas/inspect.ts';
import type { Template } from '../../../contract/schemas/sandbox.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Button } from '../../parts/button.tsx';
import { bytesWords, counted } from '../../parts/duration.ts';
import { Failure, Problem } from '../../parts/failure.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { useChange, useRead } from '../../wire/query.ts';
import { useMay } from '../../wire/session.ts';

type TemplateDetail = ResourceDetail['template_details'][number];
const SHOWN = 5;
const WHILE_BUILDING_MS = 2_000;
const TONES: Readonly<Record<Template['state'], Tone>> = {
  building: 'accent',
  ready: 'good',
  retired: 'neutral',
  failed: 'danger',
  dropping: 'neutral',
  dropped: 'neutral',
};

/** A template of sandboxes: what is masked, its versions, and the way to a fresh one. */
export function TemplatePanel({
  resource,
  template,
}: {
  readonly resource: string;
  readonly template: TemplateDetail;
}) {
  const params = { name: resource, template: template.template };
  const refresh = useChange('refreshTemplate', ['listTemplates']);
  const may = useMay('admin');
  return (
    <Panel
      title={`Template ${template.template}`}
      aside={
        may && (
          <Button size="sm" busy={refresh.isPending} onClick={() => refresh.mutate({ params })}>
            <RefreshCw aria-hidden className="size-3.5" />
            Refresh
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm text-ink-soft">
          Sandboxes are cloned from a masked copy of <strong>{template.source}</strong>. A refresh
          copies it again; sandboxes that exist keep what they have.
        </p>
        <Problem error={refresh.error} />
        <Masks template={template} />
        <Versions resource={resource} template={template.template} />
      </div>
    </Panel>
  );
}

function Masks({ template }: { readonly template: TemplateDetail }) {
  const tables = Object.entries(template.masking);
  return (
    <dl className="grid gap-x-6 gap-y-2 text-sm sm:grid-cols-[12rem_1fr]">
      {tables.map(([table, columns]) => (
        <div key={table} className="contents">
          <dt className="font-mono text-[13px] break-words">{table}</dt>
          <dd className="text-ink-soft max-sm:mb-2">
            {Object.entries(columns)
              .map(([column, mask]) => `${column}: ${mask}`)
              .join(', ')}
          </dd>
        </div>
      ))}
      {template.personal.length > 0 && (
        <div className="contents">
          <dt className="text-ink-faint">Personal</dt>
          <dd className="text-ink-soft">
            {template.personal.join(', ')}: what has no rule becomes null
          </dd>
        </div>
      )}
    </dl>
  );
}

function Versions({
  resource,
  template,
}: {
  readonly resource: string;
  readonly template: string;
}) {
  const params = { name: resource };
  const own = (all: readonly Template[]) => all.filter((one) => one.template === template);
  const list = useRead(
    'listTemplates',
    { params, query: { limit: 200 } },
    { every: (last) => isBuilding(own(last?.items ?? [])) && WHILE_BUILDING_MS },
  );
  const items = own(list.data?.items ?? []);
  if (list.error && !list.data) {
    return <Failure error={list.error} again={() => void list.refetch()} />;
  }
  if (!list.data) return <Waiting rows={2} />;
  if (items.length === 0) {
    return <p className="text-sm text-ink-soft">No version yet. The first refresh builds one.</p>;
  }
  return (
    <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
      {items.slice(0, SHOWN).map((one) => (
        <li key={one.id} className="flex flex-col gap-1 px-3.5 py-2.5 text-sm">
          <div className="flex flex-wrap items-center gap-2">
            <span className="font-medium">Version {one.version}</span>
            <Badge tone={TONES[one.state]}>{one.state}</Badge>
            <span className="text-ink-faint">
              <Time at={one.ready_at ?? one.created_at} />
            </span>
          </div>
          <Told of={one} />
        </li>
      ))}
    </ul>
  );
}

const isBuilding = (all: readonly Template[]) => all.some(({ state }) => state === 'building');

function Told({ of }: { readonly of: Template }) {
  const { progress, report, error } = of;
  if (error !== undefined) return <p className="text-danger-ink">{error}</p>;
  if (progress && of.state === 'building') {
    return (
      <p className="text-ink-soft">
        {progress.step}: {progress.tables_done} of {counted(progress.tables, 'table')},{' '}
        {counted(progress.rows, 'row')}
      </p>
    );
  }
  if (!report) return null;
  const masked = Object.keys(report.masked).length;
  return (
    <p className="text-ink-soft">
      {counted(report.tables, 'table')}, {counted(report.rows, 'row')}, {bytesWords(report.bytes)};{' '}
      {counted(masked, 'column')} masked
      {report.skipped.length > 0 && `; ${report.skipped.length} left out`}
    </p>
  );
}
