import { useNavigate } from '@tanstack/react-router';
import { RotateCw } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { classes } from '../../parts/classes.ts';
import { CONTROL } from '../../parts/field.tsx';
import { formText } from '../../parts/form-text.ts';
import { ACTIONS } from './actions.ts';
import { type AuditSearch, readAuditSearch } from './search.ts';

const TEXTS = ['action', 'actor', 'subject', 'since', 'until'] as const;
type TextName = (typeof TEXTS)[number];

const FIELDS: readonly {
  readonly name: TextName;
  readonly label: string;
  readonly placeholder: string;
  readonly type?: 'datetime-local';
}[] = [
  { name: 'action', label: 'What', placeholder: 'lease.issued, or lease' },
  { name: 'actor', label: 'Who', placeholder: 'agt_… or opr_…' },
  { name: 'subject', label: 'What to', placeholder: 'tsk_…, resource:…' },
  { name: 'since', label: 'From', placeholder: '', type: 'datetime-local' },
  { name: 'until', label: 'Until', placeholder: '', type: 'datetime-local' },
];

/** The filters; they hold once they are sent, and stand in the address. */
export function AuditFilters({
  search,
  again,
}: {
  readonly search: AuditSearch;
  readonly again: () => void;
}) {
  const navigate = useNavigate();
  const actions = useId();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const texts = FIELDS.map(({ name }) => [name, formText(form, name)]);
    const next = readAuditSearch(Object.fromEntries(texts) as Record<string, string>);
    void navigate({ to: '/audit', search: next, replace: true });
  };
  const [isWide, setWide] = useState(TEXTS.slice(1).some((name) => search[name] !== undefined));
  const isFiltered = TEXTS.some((name) => search[name] !== undefined);
  return (
    <form
      // Filled anew when the address changes by another way.
      key={TEXTS.map((name) => search[name] ?? '').join('|')}
      role="search"
      aria-label="Audit entries"
      onSubmit={send}
      className="grid grid-cols-2 items-end gap-3 md:grid-cols-3 xl:grid-cols-[repeat(5,minmax(0,1fr))_auto]"
    >
      {FIELDS.map(({ name, label, placeholder, type = 'text' }) => (
        <label
          key={name}
          className={classes(
            'flex min-w-0 flex-col gap-1.5 text-[13px] font-medium',
            name === 'action' ? 'max-md:col-span-full' : !isWide && 'max-md:hidden',
          )}
        >
          {label}
          <input
            name={name}
            type={type}
            placeholder={placeholder}
            defaultValue={search[name] ?? ''}
            list={name === 'action' ? actions : undefined}
            autoComplete="off"
            spellCheck={false}
            className={`${CONTROL} h-10 min-w-0 font-normal`}
          />
        </label>
      ))}
      <datalist id={actions}>
        {ACTIONS.map((action) => (
          <option key={action} value={action}>
            {action}
          </option>
        ))}
      </datalist>
      <div className="col-span-full flex gap-2 xl:col-span-1">
        <Button type="submit">Filter</Button>
        {!isWide && (
          <Button look="ghost" className="md:hidden" onClick={() => setWide(true)}>
            More filters
          </Button>
        )}
        {isFiltered && (
          <Button
            look="ghost"
            onClick={() => void navigate({ to: '/audit', search: {}, replace: true })}
          >
            Clear
          </Button>
        )}
        <Button look="ghost" size="icon" aria-label="Read again" className="h-10" onClick={again}>
          <RotateCw aria-hidden className="size-4" />
        </Button>
      </div>
    </form>
  );
}
