import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { Badge } from '../../parts/badge.tsx';
import { Copyable } from '../../parts/copyable.tsx';
import { Waiting } from '../../parts/page.tsx';
import { Fact, Facts, Panel } from '../../parts/panel.tsx';
import { addressOf } from '../../wire/call.ts';
import { useSession } from '../../wire/session.ts';

const Readiness = z.object({
  status: z.string(),
  reasons: z.array(z.string()),
  detail: z.record(z.string(), z.unknown()).optional(),
});
const Document = z.object({ info: z.object({ version: z.string() }) });
const EVERY_MS = 10_000;

async function read<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  // /readyz answers 503 with its reasons: those are what is wanted.
  const answer = await fetch(addressOf(path));
  return schema.parse(await answer.json());
}

/** What is not there now says nothing. */
function known(detail: Readonly<Record<string, unknown>> = {}): [string, unknown][] {
  return Object.entries(detail).filter(([, value]) => value !== null);
}

/** What the broker says about itself. */
export function Health() {
  const { issuer } = useSession();
  const ready = useQuery({
    queryKey: ['readyz'],
    queryFn: () => read('/readyz', Readiness),
    refetchInterval: EVERY_MS,
  });
  const document = useQuery({
    queryKey: ['openapi'],
    queryFn: () => read('/openapi.json', Document),
    staleTime: Infinity,
  });
  return (
    <Panel title="This broker">
      {ready.isPending ? (
        <Waiting />
      ) : (
        <Facts>
          <Fact name="State">
            {ready.data?.status === 'ready' ? (
              <Badge tone="good">ready</Badge>
            ) : (
              <Badge tone="danger">not ready</Badge>
            )}
            {(ready.data?.reasons ?? []).map((reason) => (
              <p key={reason} className="mt-1 text-danger-ink">
                {reason}
              </p>
            ))}
          </Fact>
          <Fact name="Version">{document.data?.info.version ?? 'unknown'}</Fact>
          <Fact name="Issuer">
            <Copyable text={issuer} label="Copy the issuer" />
          </Fact>
          {known(ready.data?.detail).map(([name, value]) => (
            <Fact key={name} name={name.replaceAll('_', ' ')}>
              <span className="text-ink-soft">
                {typeof value === 'string' ? value : JSON.stringify(value)}
              </span>
            </Fact>
          ))}
          <Fact name="Reference">
            <a
              href={addressOf('/openapi.json')}
              className="text-accent-ink underline-offset-2 hover:underline"
            >
              OpenAPI document
            </a>
          </Fact>
        </Facts>
      )}
    </Panel>
  );
}
