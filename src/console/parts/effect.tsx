import { Badge, type Tone } from './badge.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  read: 'neutral',
  sandbox: 'accent',
  read_secret: 'warn',
  write: 'warn',
  destroy: 'danger',
};

/** The effect of a scope or an operation. */
export function Effect({ of }: { readonly of: string }) {
  return <Badge tone={TONES[of] ?? 'danger'}>{of.replace('_', ' ')}</Badge>;
}
