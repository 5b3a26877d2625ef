import { Link } from '@tanstack/react-router';
import { useRead } from '../wire/query.ts';

const LINK = 'relative z-10 break-words underline-offset-2 hover:text-accent-ink hover:underline';

/** An agent by its name, which leads to its page; by its id until the name is read. */
export function AgentName({ id }: { readonly id: string }) {
  const agent = useRead('getAgent', { params: { id } }, { fresh: 300_000 });
  return (
    <Link to="/agents/$id" params={{ id }} title={id} className={LINK}>
      {agent.data?.name ?? id}
    </Link>
  );
}

/** The same for an operator. */
export function OperatorName({ id }: { readonly id: string }) {
  const operator = useRead('getOperator', { params: { id } }, { fresh: 300_000 });
  return (
    <Link to="/operators/$id" params={{ id }} title={id} className={LINK}>
      {operator.data?.name ?? id}
    </Link>
  );
}
