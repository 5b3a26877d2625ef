-- On which server a credential was made: its absence anywhere else proves nothing. Null on leases older
-- than this column. `server_identity` is what the server itself says it is, where that can be read.
alter table leases add column server text;
alter table leases add column server_identity text;

-- Which of its client's credentials authenticated the request for a token (`key:` and the thumbprint of a
-- key, or `secret:` and the id of a client secret), and which version the agent had then.
alter table tokens add column proven_by text;
alter table tokens add column agent_version bigint;

-- `{"id": …, "sha256": …}` of the one client secret a client may have.
alter table agents add column client_secret jsonb;
alter table resource_servers add column client_secret jsonb;

-- An agent lost credentials when it became this version: tokens of an earlier version that were proven by
-- one of this kind are dead, unless it is one of those kept.
create table proof_cuts (
  agent_id text not null,
  version  bigint not null,
  kind     text not null check (kind in ('key', 'secret')),
  kept     text[] not null,
  at       timestamptz not null default clock_timestamp(),
  primary key (agent_id, version, kind)
);
