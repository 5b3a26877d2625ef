import { Visible } from './words.tsx';

/** An agent or an operator by name, where it is known; the id is in the tooltip. */
export function Who({ id, name }: { readonly id: string; readonly name: string | undefined }) {
  if (name === undefined) {
    return (
      <span title={id} className="font-mono text-[0.9em] break-all">
        {id.length > 16 ? `${id.slice(0, 10)}…${id.slice(-4)}` : id}
      </span>
    );
  }
  return (
    <span title={id}>
      <Visible text={name} />
    </span>
  );
}
