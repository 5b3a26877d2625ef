-- Rotation of what the broker hangs on: the master key, the signing keys, the root credentials.

-- The id of the master key that boxes are sealed under. Null until a broker has started on this store.
create table master_key (
  singleton  boolean primary key default true check (singleton),
  key_id     text check (key_id ~ '^[0-9a-f]{16}$'),
  since      timestamptz not null default clock_timestamp(),
  -- When the last box of an earlier key had been wrapped anew; null while that is going on.
  settled_at timestamptz default clock_timestamp()
);
insert into master_key default values;

-- A broker that has not heard of a new master key yet can leave no box under the old one: the row is
-- locked against the change of key until its transaction has ended, so that the last pass of a rotation
-- finds whatever was sealed before it. Boxes of other forms (not cs1.) are sealed elsewhere.
create function sealed_under_master_key() returns trigger language plpgsql as $$
declare
  wanted text;
begin
  if left(new.sealed, 4) = 'cs1.' then
    select key_id into wanted from countersign.master_key for share;
    if wanted is not null and split_part(new.sealed, '.', 2) <> wanted then
      raise exception 'the store is sealed under another master key' using errcode = '57R01';
    end if;
  end if;
  return new;
end $$;

-- `signs_from`: when a key becomes the one that signs, null: at once. `leaves_at`: when the last token
-- under it has expired, null: while it signs.
alter table signing_keys add column signs_from timestamptz, add column leaves_at timestamptz;

-- The next value of a root credential, sealed and on record before the resource is told of it.
create table root_rotations (
  name          text primary key,
  -- The generation it will be, which is also what its box is bound to.
  generation    bigint not null,
  kind          text not null,
  sealed        text not null,
  started_at    timestamptz not null default clock_timestamp(),
  -- Until then one process works on it.
  claimed_until timestamptz not null
);

create trigger signing_keys_sealed before insert or update of sealed on signing_keys
  for each row execute function sealed_under_master_key();
create trigger subject_keys_sealed before insert or update of sealed on subject_keys
  for each row execute function sealed_under_master_key();
create trigger secrets_sealed before insert or update of sealed on secrets
  for each row execute function sealed_under_master_key();
create trigger root_rotations_sealed before insert or update of sealed on root_rotations
  for each row execute function sealed_under_master_key();
