-- What a provider needs to find a credential again where the outside name alone is not enough: recorded
-- before anything hangs on it outside. No secret.
alter table leases add column outside_handle text check (length(outside_handle) <= 1024);

-- The master key, wrapped by a key that stays in Vault's Transit engine.
create table wrapped_master_keys (
  id         text primary key,
  wrapped_by text not null,
  wrapped    text not null,
  created_at timestamptz not null default clock_timestamp()
);
