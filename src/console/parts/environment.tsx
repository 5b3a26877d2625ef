import { ShieldCheck } from 'lucide-react';
import { Badge } from './badge.tsx';

/** An environment; a protected one says so by word and sign. */
export function Environment({
  name,
  isProtected,
}: {
  readonly name: string;
  readonly isProtected: boolean;
}) {
  if (!isProtected) return <Badge>{name}</Badge>;
  return (
    <Badge tone="warn" icon={<ShieldCheck aria-hidden />}>
      {name}
      <span className="sr-only">, </span>
      <span className="font-normal">protected</span>
    </Badge>
  );
}
