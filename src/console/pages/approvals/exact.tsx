import type { Approval } from '../../../contract/schemas/approvals.ts';
import { Code } from '../../parts/code.tsx';
import { Visible } from '../../parts/words.tsx';
import { type Statement, statementsOf } from './facts.ts';

/** What would run, whole: each statement with its values, else what the provider plans. */
export function Exact({ approval }: { readonly approval: Approval }) {
  const statements = statementsOf(approval);
  if (statements.length > 0) {
    return (
      <div className="flex flex-col gap-3">
        {statements.map((statement, index) => (
          // oxlint-disable-next-line react/no-array-index-key
          <OneStatement key={index} statement={statement} place={placeOf(index, statements)} />
        ))}
      </div>
    );
  }
  const { plan } = approval.card;
  if (plan.length > 0) return <Code label="What would be done" text={plan.join('\n')} tall />;
  return <Code label="What is asked" text={approval.operation_text} tall />;
}

function placeOf(index: number, { length }: readonly Statement[]): string {
  return length === 1 ? 'Statement' : `Statement ${index + 1} of ${length}`;
}

function OneStatement({
  statement: { sql, params },
  place,
}: {
  readonly statement: Statement;
  readonly place: string;
}) {
  return (
    <div>
      <Code label={place} text={sql} tall />
      {params.length > 0 && (
        <dl
          aria-label={`Values of ${place.toLowerCase()}`}
          className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1 px-1 font-mono text-[13px]"
        >
          {params.map((value, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <Value key={index} place={index + 1} value={value} />
          ))}
        </dl>
      )}
    </div>
  );
}

function Value({ place, value }: { readonly place: number; readonly value: unknown }) {
  return (
    <>
      <dt className="text-ink-faint">${place}</dt>
      <dd className="min-w-0 break-words whitespace-pre-wrap">
        <Visible text={JSON.stringify(value)} />
      </dd>
    </>
  );
}
