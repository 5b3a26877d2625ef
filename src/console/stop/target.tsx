import { useState } from 'react';
import { Field } from '../parts/field.tsx';
import { usePages } from '../wire/query.ts';

export type Kind = 'agent' | 'resource' | 'all';
export interface Target {
  readonly id: string;
  readonly name: string;
}

/** An agent or a resource, by its name or its id. */
export function TargetChoice({
  kind,
  chosen,
  onChoose,
}: {
  readonly kind: Exclude<Kind, 'all'>;
  readonly chosen: Target | undefined;
  readonly onChoose: (target: Target | undefined) => void;
}) {
  const agents = usePages('listAgents', {}, { enabled: kind === 'agent' });
  const resources = usePages('listResources', {}, { enabled: kind === 'resource' });
  const [text, setText] = useState(chosen?.name ?? '');
  const all: readonly Target[] =
    kind === 'agent'
      ? agents.items.map(({ id, name }) => ({ id, name }))
      : resources.items.map(({ name }) => ({ id: name, name }));
  const { hasMore, more, isReadingMore } = kind === 'agent' ? agents : resources;
  const choose = (value: string) => {
    setText(value);
    const found = all.find(({ id, name }) => id === value || name === value);
    // An agent beyond what was read is known by its id all the same.
    onChoose(found ?? (/^agt_[a-z0-9]+$/.test(value) ? { id: value, name: value } : undefined));
    if (!found && hasMore && !isReadingMore) more();
  };
  return (
    <Field label={kind === 'agent' ? 'Agent' : 'Resource'} hint="Its name or id.">
      {(control) => (
        <>
          <input
            {...control}
            list={`${control.id}-all`}
            autoComplete="off"
            spellCheck={false}
            value={text}
            onChange={(event) => choose(event.target.value)}
          />
          <datalist id={`${control.id}-all`}>
            {all.map(({ id, name }) => (
              <option key={id} value={name}>
                {id}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
