import { Link } from '@tanstack/react-router';
import type { AuditEntry } from '../../../contract/schemas/operate.ts';
import { AgentName, OperatorName } from '../../parts/named.tsx';
import { Visible } from '../../parts/words.tsx';

const LINK = 'relative z-10 break-all underline-offset-2 hover:text-accent-ink hover:underline';
const SHOWN = 140;

/** Whoever or whatever an entry names: a link where the console has a page for it. */
export function Named({ id }: { readonly id: string }) {
  if (id.startsWith('agt_')) return <AgentName id={id} />;
  if (id === 'opr_host') return <span title={id}>an operator on the host</span>;
  if (id.startsWith('opr_')) return <OperatorName id={id} />;
  if (id.startsWith('tsk_')) {
    return (
      <Link to="/tasks/$id" params={{ id }} className={LINK}>
        {id}
      </Link>
    );
  }
  if (id.startsWith('lse_')) {
    return (
      <Link to="/leases/$id" params={{ id }} className={LINK}>
        {id}
      </Link>
    );
  }
  if (id.startsWith('apr_')) {
    return (
      <Link to="/approvals/$id" params={{ id }} className={LINK}>
        {id}
      </Link>
    );
  }
  if (id.startsWith('resource:')) {
    const name = id.slice('resource:'.length);
    return (
      <Link to="/resources/$name" params={{ name }} className={LINK}>
        {name}
      </Link>
    );
  }
  return (
    <span className="break-all">
      <Visible text={id} />
    </span>
  );
}

/** What an entry says beside who and what, short enough for a row. */
export function factsOf(detail: AuditEntry['detail']): string {
  const text = Object.entries(detail)
    .filter(([name]) => name !== 'sealed')
    .map(([name, value]) => `${name.replaceAll('_', ' ')} ${shortly(value)}`)
    .join(' · ');
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}…` : text;
}

/** A digest is recognised by its beginning. */
function shortly(value: unknown): string {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string');
  const plain = isList ? value.join(', ') : value;
  const text = typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? '');
  return text.replace(/[0-9a-f]{40,}/g, (digest) => `${digest.slice(0, 8)}…`);
}
