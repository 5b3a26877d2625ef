-- The queue takes from each resource its share.
create index leases_to_revoke_of on leases (resource, next_attempt_at) where state = 'revoking';

-- The other way out of an overdue lease: an admin vouches for its end. Never a revocation.
alter table leases drop constraint leases_state_check,
  add constraint leases_state_check
    check (state in ('reserved', 'active', 'revoking', 'revoked', 'abandoned'));

-- What the last comparison of a resource with the leases found.
create table reconciliations (
  resource text primary key,
  at       timestamptz not null,
  -- Names at the resource that carry our marker.
  owned    integer not null,
  -- Alive there although ended here: given to the queue again.
  removed  integer not null,
  -- Alive here, gone there: ended.
  missing  integer not null,
  -- There and unknown here, or not to be removed: left alone. The first of them.
  left_alone  integer not null,
  names    jsonb not null
);

-- Kept outside too (the witness): tells one history of this store from another.
alter table installation
  add column epoch text not null default replace(gen_random_uuid()::text, '-', '');

-- A store that turned out to be older, or another, than the witness knew; open until an admin accepts it.
create table restores (
  id          text primary key,
  detected_at timestamptz not null,
  verdict     text not null,
  -- The witness as it was then, and the head of the store.
  witness     jsonb not null,
  head_seq    bigint not null,
  stop_id     text not null,
  accepted_at timestamptz,
  accepted_by text,
  reason      text,
  -- The store's epoch from the acceptance on.
  epoch       text
);
create unique index restores_open on restores ((true)) where accepted_at is null;
