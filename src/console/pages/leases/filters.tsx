import { useNavigate } from '@tanstack/react-router';
import { Search, X } from 'lucide-react';
import { type FormEvent, useId, useState } from 'react';
import { CountersignError } from '../../../sdk/error.ts';
import { CONTROL } from '../../parts/field.tsx';
import { Select } from '../../parts/select.tsx';
import { call } from '../../wire/call.ts';
import { type LeasesSearch, type State, STATES } from './search.ts';

const TITLES: Readonly<Record<State, string>> = {
  live: 'Live',
  overdue: 'Overdue',
  abandoned: 'Abandoned',
  all: 'All, ended ones too',
};
const NAMES = ['agent', 'task', 'resource'] as const;

type Found = Partial<Record<(typeof NAMES)[number], string>> | { readonly lease: string };

/** What somebody means by an id or a name. */
async function findBy(text: string): Promise<Found | undefined> {
  if (text.startsWith('lse_')) return { lease: text };
  if (text.startsWith('tsk_')) return { task: text };
  if (text.startsWith('agt_')) return { agent: text };
  const name = text.split(':', 1)[0] ?? text;
  const isResource = await exists(() => call('getResource', { params: { name } }));
  if (isResource) return { resource: name };
  const agent = await exists(() => call('getAgent', { params: { id: text } }));
  return agent && { agent: agent.id };
}

async function exists<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CountersignError && [400, 404].includes(error.status)) return undefined;
    throw error;
  }
}

/** A search by name or id, the state, and the filters that hold now. */
export function FilterBar({
  filters,
  states = STATES,
}: {
  readonly filters: LeasesSearch;
  readonly states?: readonly State[];
}) {
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const put = (next: Partial<LeasesSearch>) =>
    void navigate({ to: '/leases', search: { ...filters, ...next }, replace: true });
  const search = async (event: FormEvent) => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === '') return;
    setProblem(undefined);
    try {
      const found = await findBy(wanted);
      if (!found) return setProblem(`No resource and no agent is called ${wanted}.`);
      setText('');
      if ('lease' in found) void navigate({ to: '/leases/$id', params: { id: found.lease } });
      else put(found);
    } catch (error) {
      setProblem(
        error instanceof CountersignError ? error.detail : 'The search failed. Try again.',
      );
    }
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-col gap-3 sm:flex-row">
        <form role="search" onSubmit={(event) => void search(event)} className="relative flex-1">
          <Search aria-hidden className="absolute top-2.5 left-3 size-4 text-ink-faint" />
          <input
            aria-label="Search by resource, agent, task or lease"
            aria-describedby={problem ? id : undefined}
            aria-invalid={problem ? true : undefined}
            placeholder="A resource, an agent, or an id"
            value={text}
            onChange={(event) => setText(event.target.value)}
            className={`${CONTROL} pl-9`}
          />
        </form>
        <Select
          label="State"
          value={states.find((state) => state === filters.state) ?? 'live'}
          options={states.map((state) => ({ value: state, title: TITLES[state] }))}
          onChange={(state) => put({ state: state === 'live' ? undefined : state })}
        />
      </div>
      {problem && (
        <p id={id} role="alert" className="text-[13px] text-danger-ink">
          {problem}
        </p>
      )}
      <Chips filters={filters} put={put} />
    </div>
  );
}

function Chips({
  filters,
  put,
}: {
  readonly filters: LeasesSearch;
  readonly put: (next: Partial<LeasesSearch>) => void;
}) {
  const held = NAMES.flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [{ name, value }];
  });
  if (held.length === 0) return null;
  return (
    <ul className="flex flex-wrap gap-2">
      {held.map(({ name, value }) => (
        <li key={name}>
          <button
            type="button"
            onClick={() => put({ [name]: undefined })}
            aria-label={`Take the filter ${name} ${value} away`}
            className="inline-flex max-w-full items-center gap-1.5 rounded-full border border-line-strong bg-surface py-1 pr-2 pl-3 text-[13px] hover:bg-hover"
          >
            <span className="text-ink-faint">{name}</span>
            <span className="min-w-0 font-mono break-all">{value}</span>
            <X aria-hidden className="size-3.5 shrink-0" />
          </button>
        </li>
      ))}
    </ul>
  );
}
