import { CloudOff } from 'lucide-react';
import { Badge } from '../parts/badge.tsx';
import { useLostSince } from '../wire/connection.ts';

/** Says that the broker cannot be reached: what is on the page may be old. */
export function Connection() {
  const lost = useLostSince();
  return (
    <span role="status" className="min-w-0">
      {lost !== undefined && (
        <Badge tone="warn" icon={<CloudOff aria-hidden />}>
          <span className="max-sm:sr-only">
            Connection lost at {new Date(lost).toLocaleTimeString()}, trying again
          </span>
          <span aria-hidden className="sm:hidden">
            Offline
          </span>
        </Badge>
      )}
    </span>
  );
}
