-- Questions to persons, and their signed answers. Rows change state and are not deleted; what a
-- person signs over (`operation`, `terms`) is text: the very bytes that were hashed.
create table approvals (
  id               text primary key,
  kind             text not null check (kind in ('grant', 'operation', 'widening')),
  state            text not null check (state in
    ('pending', 'approved', 'denied', 'expired', 'withdrawn', 'superseded', 'used')),
  agent_id         text,
  task_id          text,
  author_id        text,
  operation        text not null,
  operation_digest text not null check (operation_digest ~ '^[0-9a-f]{64}$'),
  terms            text not null,
  terms_digest     text not null check (terms_digest ~ '^[0-9a-f]{64}$'),
  requirements     jsonb not null,
  resources        text[] not null,
  bundle_version   bigint not null,
  card             jsonb not null,
  created_at       timestamptz not null,
  expires_at       timestamptz not null,
  decided_at       timestamptz,
  end_reason       text,
  used_by          text
);
-- The same question of the same task is asked once at a time.
create unique index approvals_asked on approvals
  (coalesce(agent_id, author_id), coalesce(task_id, ''), operation_digest) where state = 'pending';
create index approvals_open on approvals (expires_at) where state in ('pending', 'approved');
create index approvals_of_agent on approvals (agent_id, id);
create index approvals_of_task on approvals (task_id) where task_id is not null;
create index approvals_by_state on approvals (state, id);

-- What a client polls with (CIBA `auth_req_id`): kept as its SHA-256 only, each with a pace of its own.
create table approval_polls (
  sha256      bytea primary key,
  approval_id text not null references approvals on delete cascade,
  interval_s  integer not null,
  created_at  timestamptz not null default clock_timestamp(),
  polled_at   timestamptz
) with (fillfactor = 70);
create index approval_polls_of on approval_polls (approval_id);

-- One for each operator and ceremony; used once.
create table approval_challenges (
  id          text primary key,
  operator_id text not null,
  session_id  text not null,
  decision    text not null check (decision in ('approve', 'deny')),
  -- What was shown: [{approval_id, operation_digest, terms_digest}].
  items       jsonb not null,
  nonce       text not null unique,
  expires_at  timestamptz not null,
  used_at     timestamptz
);
create index approval_challenges_due on approval_challenges (expires_at);

-- One answer of an operator to an approval, with everything that proves it.
create table approval_votes (
  approval_id   text not null references approvals on delete cascade,
  operator_id   text not null,
  -- Who the operator was then.
  person        text not null,
  decision      text not null check (decision in ('approve', 'deny')),
  at            timestamptz not null,
  reason        text,
  challenge     jsonb,
  credential_id text,
  assertion     jsonb,
  primary key (approval_id, operator_id)
);

-- A grant that persons approved: by which approval, and what they were asked for.
alter table grants add column approval_id text;
alter table grants add column approved jsonb;
create unique index grants_of_approval on grants (approval_id) where approval_id is not null;
