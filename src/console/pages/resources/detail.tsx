import { Link, useParams } from '@tanstack/react-router';
import { KeyRound, OctagonX } from 'lucide-react';
import type { ResourceDetail } from '../../../contract/schemas/inspect.ts';
import type { Stop } from '../../../contract/schemas/operate.ts';
import { Environment } from '../../parts/environment.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { Time } from '../../parts/time.tsx';
import { Visible } from '../../parts/words.tsx';
import { useRead } from '../../wire/query.ts';
import { ResourceActions } from './actions.tsx';
import { LiveLeases } from './live-leases.tsx';
import { ProbePanel } from './probe.tsx';
import { ScopePanel } from './scope.tsx';
import { useStopsByResource } from './stops.ts';
import { TemplatePanel } from './template.tsx';

/** One resource: what it is, what may be done with it on which terms, and whether it is fit for it. */
export function ResourcePage() {
  const { name = '' }: { name?: string } = useParams({ strict: false });
  const resource = useRead('getResource', { params: { name } });
  const stop = useStopsByResource().get(name);
  if (resource.error && !resource.data) {
    return (
      <Page title={name}>
        <Failure error={resource.error} again={() => void resource.refetch()} />
      </Page>
    );
  }
  if (!resource.data) {
    return (
      <Page title={name}>
        <Waiting rows={8} />
      </Page>
    );
  }
  return <Detail of={resource.data} stop={stop} />;
}

function Detail({ of, stop }: { readonly of: ResourceDetail; readonly stop: Stop | undefined }) {
  return (
    <Page
      title={of.name}
      lead={
        <span className="flex flex-wrap items-center gap-2">
          {of.kind}
          <Environment name={of.environment} isProtected={of.protected} />
        </span>
      }
      actions={<ResourceActions of={of} isStopped={stop !== undefined} />}
    >
      {stop && <Stopped stop={stop} />}
      {!of.secret_set && <NoCredential secret={of.secret} />}
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="flex min-w-0 flex-col gap-5">
          {of.scope_details.map((scope) => (
            <ScopePanel key={scope.scope} scope={scope} />
          ))}
          {of.template_details.map((template) => (
            <TemplatePanel key={template.template} resource={of.name} template={template} />
          ))}
          <ProbePanel of={of} />
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <Panel title="Definition">
            <Definition of={of} />
          </Panel>
          <LiveLeases resource={of.name} />
        </div>
      </div>
    </Page>
  );
}

function Definition({ of }: { readonly of: ResourceDetail }) {
  return (
    <Facts>
      <Fact name="Owner">{of.owner}</Fact>
      <Fact name="Root credential">
        <code className="font-mono text-[13px]">{of.secret}</code>
      </Fact>
      <Fact name="Tokens are for">{of.audience ?? 'this broker'}</Fact>
      <Fact name="Gaps accepted">
        {of.accepted_gaps.length === 0 ? 'none' : of.accepted_gaps.join(', ')}
      </Fact>
      {of.file !== undefined && (
        <Fact name="Defined in">
          <Link
            to="/policy"
            search={{ file: of.file, line: of.line }}
            className="font-mono text-[13px] text-accent-ink underline-offset-2 hover:underline"
          >
            {of.file}
            {of.line === undefined ? '' : `:${of.line}`}
          </Link>
          {of.bundle_version !== undefined && (
            <span className="text-ink-faint"> of version {of.bundle_version}</span>
          )}
        </Fact>
      )}
    </Facts>
  );
}

function Stopped({ stop }: { readonly stop: Stop }) {
  return (
    <div role="status" className="flex gap-3 rounded-xl bg-danger-soft p-4 text-sm text-danger-ink">
      <OctagonX aria-hidden className="mt-0.5 size-5 shrink-0" />
      <p className="min-w-0 break-words">
        <strong>Stopped</strong> <Time at={stop.placed_at} />: <Visible text={stop.reason} />.
        Nothing is handed out for it until an admin lifts the stop.
      </p>
    </div>
  );
}

function NoCredential({ secret }: { readonly secret: string }) {
  return (
    <div role="status" className="flex gap-3 rounded-xl bg-warn-soft p-4 text-sm text-warn-ink">
      <KeyRound aria-hidden className="mt-0.5 size-5 shrink-0" />
      <p className="min-w-0 break-words">
        It has no root credential yet, so nothing can be issued. An admin sets it on the command
        line, where it is read from the terminal and never shown again:{' '}
        <code className="font-mono">countersign secret set {secret}</code>
      </p>
    </div>
  );
}
