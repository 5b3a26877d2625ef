import { useQuery } from '@tanstack/react-query';
import type { RevocationPreview } from '../../contract/schemas/overview.ts';
import { Problem } from '../parts/failure.tsx';
import { Waiting } from '../parts/page.tsx';
import { call } from '../wire/call.ts';
import type { Kind } from './target.tsx';

/** Whatever can be revoked. */
type Revocable = Kind | 'task' | 'grant' | 'token' | 'lease';
const PARTS = ['tasks', 'grants', 'tokens', 'leases'] as const;

/** What would end, counted now. It changes nothing. */
export function Preview({ kind, id }: { readonly kind: Revocable; readonly id: string }) {
  const body = kind === 'all' ? { all: true as const } : { [kind]: id };
  const preview = useQuery<RevocationPreview>({
    queryKey: ['previewRevocation', body],
    queryFn: ({ signal }) => call('previewRevocation', { body, signal }),
    staleTime: 0,
  });
  if (preview.isPending) return <Waiting rows={2} />;
  if (preview.error) return <Problem error={preview.error} />;
  return (
    <div className="rounded-lg border border-line">
      <dl className="grid grid-cols-4 divide-x divide-line text-center">
        {PARTS.map((part) => (
          <div key={part} className="flex flex-col-reverse px-2 py-3">
            <dt className="text-xs text-ink-faint">{part}</dt>
            <dd className="text-xl font-semibold tabular-nums">{preview.data[part].count}</dd>
          </div>
        ))}
      </dl>
      {PARTS.some((part) => preview.data[part].count > 0) && (
        <details className="border-t border-line px-3 py-2 text-sm">
          <summary className="cursor-pointer text-ink-soft">Which ones end now</summary>
          {PARTS.map((part) => (
            <Ids key={part} name={part} {...preview.data[part]} />
          ))}
        </details>
      )}
    </div>
  );
}

function Ids(props: { readonly name: string; readonly count: number; readonly ids: string[] }) {
  if (props.count === 0) return null;
  const hidden = props.count - props.ids.length;
  return (
    <p className="mt-2 text-[13px] break-words text-ink-soft">
      <span className="font-medium">{props.name}</span>{' '}
      <span className="font-mono text-xs">{props.ids.join(', ')}</span>
      {hidden > 0 && ` and ${hidden} more`}
    </p>
  );
}
