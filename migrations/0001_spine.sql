-- Runs as the owner, with search_path = countersign. The runtime role owns nothing (see grants.sql).

-- Which installation this is: the marker in every name we create outside.
create table installation (
  singleton  boolean primary key default true check (singleton),
  id         text not null check (id ~ '^[0-9a-z]{8}$'),
  created_at timestamptz not null default clock_timestamp()
);

-- The highest time any broker has acted on. Expiry uses the later of this and the clock, so that a
-- clock stepping backwards brings nothing back to life.
create table high_water (
  singleton boolean primary key default true check (singleton),
  at        timestamptz not null
);
insert into high_water (at) values (clock_timestamp());

create function now_at() returns timestamptz language sql stable as
  $$ select greatest(clock_timestamp(), (select at from countersign.high_water)) $$;

-- Times cross into the program as Unix milliseconds.
create function ms(t timestamptz) returns double precision language sql immutable as
  $$ select floor(extract(epoch from t)::double precision * 1000) $$;
create function at(unix_ms double precision) returns timestamptz language sql immutable as
  $$ select to_timestamp(unix_ms / 1000) $$;

-- One row that every mint reads FOR SHARE and every narrowing locks: a mint that commits has seen
-- each narrowing that committed before it. `epoch` numbers the feed in commit order.
create table gate (
  singleton         boolean primary key default true check (singleton),
  epoch             bigint not null default 0,
  bundle_version    bigint,
  -- Up to which bundle version the live grants have been decided again.
  redecided_version bigint
);
insert into gate default values;

create table feed (
  epoch  bigint primary key,
  kind   text not null,
  target text not null default '',
  at     timestamptz not null default clock_timestamp()
);

create table signing_keys (
  kid        text primary key,
  alg        text not null,
  public_jwk jsonb not null,
  sealed     text not null,
  created_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz
);

-- Keys that seal personal data in the audit, one per subject; destroying a key erases what it sealed.
create table subject_keys (
  kid        text primary key,
  subject    text not null unique,
  sealed     text not null,
  created_at timestamptz not null default clock_timestamp()
);

create table secrets (
  name       text not null,
  generation bigint not null,
  sealed     text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (name, generation)
);

create table operator_tokens (
  id         text primary key,
  sha256     bytea not null unique,
  role       text not null check (role in ('admin', 'approver', 'auditor')),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);

create table agents (
  id         text primary key,
  name       text not null unique,
  owner      text not null,
  teams      text[] not null,
  jwks       jsonb,
  jwks_uri   text,
  state      text not null check (state in ('active', 'suspended', 'retired')),
  managed_by text not null check (managed_by in ('api', 'bundle')),
  version    bigint not null default 1,
  created_at timestamptz not null default clock_timestamp()
);

create table resource_servers (
  id         text primary key,
  name       text not null unique,
  audience   text not null unique,
  jwks       jsonb,
  jwks_uri   text,
  created_at timestamptz not null default clock_timestamp()
);

create table bundles (
  version    bigint generated always as identity primary key,
  digest     text not null,
  files      jsonb not null,
  note       text not null,
  author     text not null,
  created_at timestamptz not null default clock_timestamp()
);

create table tasks (
  id              text primary key,
  agent_id        text not null,
  purpose         text not null,
  ticket          text,
  verified_ticket text,
  opened_by       text not null check (opened_by in ('agent', 'operator')),
  state           text not null check (state in ('open', 'closed', 'expired')),
  created_at      timestamptz not null,
  expires_at      timestamptz not null,
  ended_at        timestamptz,
  end_reason      text
);
create index tasks_live on tasks (agent_id) where ended_at is null;
create index tasks_due on tasks (expires_at) where ended_at is null;

create table grants (
  id             text primary key,
  task_id        text not null,
  agent_id       text not null,
  scopes         text[] not null,
  resources      text[] not null,
  audience       text not null,
  bundle_version bigint not null,
  rules          text[] not null,
  leases         integer not null,
  created_at     timestamptz not null,
  expires_at     timestamptz not null,
  ended_at       timestamptz,
  end_reason     text
);
create index grants_of_task on grants (task_id);

create table tokens (
  jti        text primary key,
  grant_id   text,
  task_id    text,
  agent_id   text not null,
  scope      text not null,
  audience   text not null,
  issued_at  timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index tokens_of_grant on tokens (grant_id) where grant_id is not null;
create index tokens_without_grant on tokens (agent_id) where grant_id is null;

-- Each client assertion once (RFC 7523 §3 (7)); rows leave after the assertion has expired.
create table used_jtis (
  client_id  text not null,
  jti        text not null,
  expires_at timestamptz not null,
  primary key (client_id, jti)
);
create index used_jtis_due on used_jtis (expires_at);

create table leases (
  id                 text primary key,
  grant_id           text not null,
  token_jti          text not null,
  task_id            text not null,
  agent_id           text not null,
  resource           text not null,
  scope              text not null,
  state              text not null check (state in ('reserved', 'active', 'revoking', 'revoked')),
  outside_name       text not null unique,
  statement_timeout_ms bigint not null,
  credential_sha256  text,
  created_at         timestamptz not null,
  expires_at         timestamptz not null,
  revoke_accepted_at timestamptz,
  ended_at           timestamptz,
  end_reason         text,
  dead_ms            double precision,
  attempts           integer not null default 0,
  next_attempt_at    timestamptz,
  overdue_since      timestamptz,
  last_error         text
);
create index leases_of_grant on leases (grant_id) where state in ('reserved', 'active');
create index leases_of_agent on leases (agent_id) where state in ('reserved', 'active');
create index leases_of_resource on leases (resource, id) where state <> 'revoked';
create index leases_due on leases (expires_at) where state in ('reserved', 'active');
create index leases_to_revoke on leases (next_attempt_at) where state = 'revoking';

create table stops (
  id          text primary key,
  kind        text not null check (kind in ('agent', 'resource', 'all')),
  target      text not null default '',
  reason      text not null,
  placed_by   text not null,
  placed_at   timestamptz not null,
  lifted_at   timestamptz,
  lifted_by   text,
  lift_reason text
);
create index stops_standing on stops (kind, target) where lifted_at is null;

create table idempotency (
  principal   text not null,
  operation   text not null,
  key         text not null,
  body_sha256 text not null,
  -- The record the first request made; null while it is running.
  reference   text,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  primary key (principal, operation, key)
);
create index idempotency_due on idempotency (expires_at);

create table audit_entries (
  seq     bigint primary key,
  time    timestamptz not null,
  actor   text not null,
  action  text not null,
  subject text not null,
  -- json, not jsonb: the very text that was hashed.
  detail  json not null,
  prev    text not null,
  hash    text not null
);
create index audit_by_subject on audit_entries (subject, seq);

create table audit_head (
  singleton boolean primary key default true check (singleton),
  seq       bigint not null,
  hash      text not null
);
insert into audit_head (seq, hash) values (0, repeat('0', 64));
