import { Failure } from '../../parts/failure.tsx';
import { Page, Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { useRead } from '../../wire/query.ts';
import { Activity } from './activity.tsx';
import { LeasesByResource } from './leases.tsx';
import { Figures } from './figures.tsx';
import { FirstSteps } from './first-steps.tsx';
import { WaitingQuestions } from './waiting.tsx';

const EVERY_MS = 15_000;

/** What is happening now. */
export function OverviewPage() {
  const { data, error, refetch } = useRead('overview', {}, { every: EVERY_MS });
  return (
    <Page title="Overview" lead="What is alive now, and what happened in the last 24 hours.">
      {error && !data && <Failure error={error} again={() => void refetch()} />}
      {!error && !data && <Waiting rows={6} />}
      {data && (
        <>
          <Figures overview={data} />
          {data.timeline.length < 12 && data.now.open_tasks === 0 && <FirstSteps />}
          <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <div className="flex min-w-0 flex-col gap-5">
              {data.now.pending_approvals > 0 && <WaitingQuestions />}
              <Panel title="Activity, last 24 hours">
                <Activity activity={data.activity} />
              </Panel>
              <LeasesByResource rows={data.leases_by_resource} />
            </div>
            <Panel title="Timeline" flush>
              <Timeline items={data.timeline} />
            </Panel>
          </div>
        </>
      )}
    </Page>
  );
}
