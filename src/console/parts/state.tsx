import { Badge, type Tone } from './badge.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  active: 'good',
  open: 'good',
  approved: 'good',
  succeeded: 'good',
  pending: 'accent',
  executing: 'accent',
  revoking: 'warn',
  reserved: 'warn',
  unknown: 'warn',
  suspended: 'danger',
  denied: 'danger',
  failed: 'danger',
};

/** The state of something, in the broker's word. */
export function State({ of }: { readonly of: string }) {
  return <Badge tone={TONES[of] ?? 'neutral'}>{of.replaceAll('_', ' ')}</Badge>;
}
