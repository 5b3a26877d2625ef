-- Statements that the broker runs itself, each approved on its own.
create table operations (
  id             text primary key,
  kind           text not null check (kind in ('statement', 'sandbox')),
  agent_id       text not null,
  task_id        text not null,
  grant_id       text not null,
  token_jti      text not null,
  resource       text not null,
  scope          text not null,
  effect         text not null,
  state          text not null check (state in ('pending', 'executing', 'succeeded', 'rolled_back',
                   'failed', 'denied', 'expired', 'withdrawn', 'superseded', 'unknown')),
  -- SHA-256 over the RFC 8785 form of the exact operation, which lies sealed beside it until it is over.
  digest         text not null,
  sealed         text,
  tables         text[] not null,
  radius         jsonb not null,
  approval_id    text,
  -- The broker's own lease it runs under; its transaction there, on record before COMMIT was sent.
  lease_id       text,
  transaction_id text,
  counts         jsonb,
  reason         text,
  created_at     timestamptz not null,
  started_at     timestamptz,
  deadline_at    timestamptz,
  ended_at       timestamptz
);
-- The same question asked twice is one question.
create unique index operations_pending on operations (agent_id, task_id, scope, digest)
  where state = 'pending' and approval_id is not null;
create index operations_of_agent on operations (agent_id, id);
create index operations_of_approval on operations (approval_id) where state = 'pending';
create index operations_executing on operations (deadline_at) where state = 'executing';
create index operations_ended on operations (ended_at) where ended_at is not null;

-- What a statement answered: given out once, gone after a while.
create table operation_results (
  operation_id text primary key,
  sealed       text not null,
  expires_at   timestamptz not null
);
create index operation_results_due on operation_results (expires_at);

-- Roles that the broker makes for an operation are leases like any other, its own.
alter table leases add column operation_id text;

create trigger operations_sealed before insert or update of sealed on operations
  for each row execute function sealed_under_master_key();
create trigger operation_results_sealed before insert or update of sealed on operation_results
  for each row execute function sealed_under_master_key();
