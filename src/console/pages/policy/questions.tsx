import { useNavigate } from '@tanstack/react-router';
import { HelpCircle } from 'lucide-react';
import { useId } from 'react';
import { Badge } from '../../parts/badge.tsx';
import { Effect } from '../../parts/effect.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Environment } from '../../parts/environment.tsx';
import { Failure } from '../../parts/failure.tsx';
import { CONTROL } from '../../parts/field.tsx';
import { formText } from '../../parts/form-text.ts';
import { Waiting } from '../../parts/page.tsx';
import { Panel } from '../../parts/panel.tsx';
import { useRead } from '../../wire/query.ts';
import { type Access, accessWords, audienceWords } from './access-words.ts';
import type { PolicySearch } from './search.ts';
import { Why } from './why.tsx';

/** Two questions about the active policy: who can use this scope, and what can this agent do. */
export function Questions({
  scope,
  agent,
}: {
  readonly scope: string | undefined;
  readonly agent: string | undefined;
}) {
  const navigate = useNavigate();
  const put = (next: Pick<PolicySearch, 'scope' | 'agent'>) =>
    void navigate({
      to: '/policy',
      search: { view: 'questions', scope, agent, ...next },
      replace: true,
    });
  const scopes = useRead('listScopes', { query: { limit: 200 } });
  const agents = useRead('listAgents', { query: { limit: 200 } });
  return (
    <div className="grid items-start gap-5 xl:grid-cols-2">
      <Panel title="Who can use this scope">
        <Choice
          label="Scope"
          placeholder="orders-db:read"
          value={scope}
          options={(scopes.data?.items ?? []).map((one) => one.scope)}
          onChoose={(text) => put({ scope: text })}
        />
        {scope === undefined ? (
          <Ask>
            Choose a scope: which agents get it, for how long, and whether somebody has to sign.
          </Ask>
        ) : (
          <WhoCan key={scope} scope={scope} />
        )}
      </Panel>
      <Panel title="What can this agent do">
        <Choice
          label="Agent"
          placeholder="demo-agent"
          value={agent}
          options={(agents.data?.items ?? []).map(({ name }) => name)}
          onChoose={(text) => put({ agent: text })}
        />
        {agent === undefined ? (
          <Ask>Choose an agent: every scope it would get if it asked now, on which terms.</Ask>
        ) : (
          <WhatCan key={agent} agent={agent} />
        )}
      </Panel>
      {scope !== undefined && agent !== undefined && <Why scope={scope} agent={agent} />}
    </div>
  );
}

function Ask({ children }: { readonly children: string }) {
  return (
    <Empty icon={HelpCircle} title="Nothing asked yet">
      {children}
    </Empty>
  );
}

function Choice({
  label,
  placeholder,
  value,
  options,
  onChoose,
}: {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string | undefined;
  readonly options: readonly string[];
  readonly onChoose: (text: string | undefined) => void;
}) {
  const id = useId();
  return (
    <form
      role="search"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        const text = formText(new FormData(event.currentTarget), 'text');
        onChoose(text === '' ? undefined : text);
      }}
    >
      <input
        key={value ?? ''}
        name="text"
        aria-label={label}
        list={id}
        placeholder={placeholder}
        defaultValue={value ?? ''}
        autoComplete="off"
        spellCheck={false}
        className={CONTROL}
        onChange={(event) => {
          if (options.includes(event.target.value)) onChoose(event.target.value);
        }}
      />
      <datalist id={id}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </datalist>
    </form>
  );
}

function WhoCan({ scope }: { readonly scope: string }) {
  const answer = useRead('whoCan', { query: { scope } });
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data) return <Waiting rows={4} />;
  return (
    <div className="mt-4 flex flex-col gap-3">
      {answer.data.items.length === 0 && (
        <p className="text-sm text-ink-soft">Nobody: no rule permits it.</p>
      )}
      <ul className="divide-y divide-line">
        {answer.data.items.map((item) => (
          <li
            key={JSON.stringify([item.subject, item.when])}
            className="flex flex-col gap-1 py-3 text-sm first:pt-0"
          >
            <span className="font-medium break-words">{audienceWords(item)}</span>
            {'agent' in item.subject || item.agents.length === 0 ? null : (
              <span className="text-[13px] break-words text-ink-soft">
                {item.agents.join(', ')}
              </span>
            )}
            <Given access={item.access} when={item.when} />
          </li>
        ))}
      </ul>
      <Notes of={answer.data.notes} />
    </div>
  );
}

function WhatCan({ agent }: { readonly agent: string }) {
  const answer = useRead('whatCan', { query: { agent } });
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />;
  if (!answer.data) return <Waiting rows={4} />;
  const { items, notes } = answer.data;
  return (
    <div className="mt-4 flex flex-col gap-3">
      <p className="text-[13px] text-ink-soft">
        Teams: {answer.data.agent.teams.join(', ') || 'none'}
      </p>
      {items.length === 0 && <p className="text-sm text-ink-soft">Nothing: no rule permits it.</p>}
      <ul className="divide-y divide-line">
        {items.map((item) => (
          <li
            key={JSON.stringify([item.scope, item.action, item.when])}
            className="flex flex-col gap-1.5 py-3 text-sm first:pt-0"
          >
            <span className="flex flex-wrap items-center gap-2">
              <code className="font-mono text-[13px] font-medium break-all">{item.scope}</code>
              <Effect of={item.action} />
              <Environment name={item.environment} isProtected={item.protected} />
            </span>
            <Given access={item.access} when={item.when} />
          </li>
        ))}
      </ul>
      <Notes of={notes} />
    </div>
  );
}

function Given({ access, when }: { readonly access: Access; readonly when: string }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-1 text-ink-soft">
      <Badge tone={access.outcome === 'allow' ? 'good' : 'warn'}>
        {access.outcome === 'allow' ? 'allowed' : 'with approval'}
      </Badge>
      <span className="min-w-0 break-words">
        {accessWords(access)}
        {when === 'always' ? '' : `, ${when}`}
      </span>
    </span>
  );
}

function Notes({ of }: { readonly of: readonly string[] }) {
  return of.map((note) => (
    <p key={note} className="text-[13px] text-warn-ink">
      {note}
    </p>
  ));
}
