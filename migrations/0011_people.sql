-- People: operators, their passkeys and sessions, the links by which they come in.

create table operators (
  id            text primary key,
  name          text not null,
  -- Lower case. Vouched for by who invited, or verified by the identity provider.
  email         text not null check (email = lower(email)),
  oidc_iss      text,
  oidc_sub      text,
  oidc_groups   text[],
  role          text not null check (role in ('admin', 'approver', 'auditor')),
  -- The identity provider says the role, at each sign-in.
  role_from_sso boolean not null default false,
  state         text not null check (state in ('invited', 'active', 'removed')),
  invited_by    text,
  created_at    timestamptz not null,
  removed_at    timestamptz,
  check ((oidc_iss is null) = (oidc_sub is null))
);
create unique index operators_email on operators (email) where state <> 'removed';
create unique index operators_oidc on operators (oidc_iss, oidc_sub) where state <> 'removed';

-- A credential id belongs to whoever registered it first, for ever.
create table passkeys (
  id              text primary key check (length(id) between 1 and 1364),
  operator_id     text not null references operators (id),
  public_key      text not null,
  sign_count      bigint not null,
  backup_eligible boolean not null,
  backed_up       boolean not null,
  transports      text[] not null,
  name            text not null,
  created_at      timestamptz not null,
  last_used_at    timestamptz,
  removed_at      timestamptz
);
create index passkeys_of_operator on passkeys (operator_id) where removed_at is null;

-- Only the SHA-256 of a session's secret is kept. `seen_at` moves at most once a minute.
create table sessions (
  id            text primary key,
  sha256        bytea not null unique,
  csrf          text not null,
  operator_id   text not null references operators (id),
  method        text not null check (method in ('passkey', 'sso')),
  passkey_id    text,
  address       text not null,
  user_agent    text not null,
  created_at    timestamptz not null,
  seen_at       timestamptz not null,
  expires_at    timestamptz not null,
  stepped_up_at timestamptz,
  ended_at      timestamptz,
  end_reason    text
);
create index sessions_of_operator on sessions (operator_id) where ended_at is null;

-- Challenges that were handed out. Whoever takes one removes it: once, whichever process asks.
create table ceremonies (
  id         text primary key,
  kind       text not null,
  -- The session, browser or link that it was begun in, and that alone may end it.
  binding    text not null,
  challenge  text not null,
  payload    jsonb not null,
  expires_at timestamptz not null
);
create index ceremonies_due on ceremonies (expires_at);

create table links (
  id          text primary key,
  kind        text not null check (kind in ('set_up', 'invitation')),
  sha256      bytea not null unique,
  -- Whom it invites; nobody yet for a set-up link.
  operator_id text references operators (id),
  created_by  text not null,
  created_at  timestamptz not null,
  expires_at  timestamptz not null,
  -- Used, or withdrawn.
  ended_at    timestamptz,
  check ((kind = 'set_up') = (operator_id is null))
);
create index links_of_operator on links (operator_id) where ended_at is null;

-- Operator tokens taken although an operator with a passkey existed: shown to every admin for a day.
create table break_glass_uses (
  token_id text primary key,
  role     text not null,
  reason   text not null,
  at       timestamptz not null
);
