-- The one way to write the audit: locks the head, numbers and links the entries, stores them, moves
-- the head. Runs with the owner's rights, so the broker's role needs none on the tables it writes
-- and cannot fork, renumber or back-date the chain.
--
-- `details` are canonical JSON (RFC 8785); the other members are texts, and PostgreSQL escapes those
-- exactly as RFC 8785 does. Members are hashed in their sorted order. Answers `<seq>:<hash>`, the new head.
create function append_audit(actors text[], actions text[], subjects text[], details text[])
returns text language plpgsql security definer set search_path = countersign, pg_temp as $$
declare
  head   audit_head%rowtype;
  first  bigint;
  moment timestamptz;
  stamp  text;
  hashes text[] := '{}';
begin
  select * into strict head from audit_head for update;
  if cardinality(actors) = 0 then
    return head.seq || ':' || head.hash;
  end if;
  first := head.seq;
  -- After the lock: the time of an entry is never before that of the one it follows.
  moment := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  hashes[0] := head.hash;
  for n in 1 .. cardinality(actors) loop
    hashes[n] := encode(sha256(convert_to(
      '{"action":' || to_json(actions[n]) || ',"actor":' || to_json(actors[n])
      || ',"detail":' || details[n] || ',"prev":"' || hashes[n - 1] || '","seq":' || first + n
      || ',"subject":' || to_json(subjects[n]) || ',"time":"' || stamp || '"}', 'UTF8')), 'hex');
  end loop;
  insert into audit_entries (seq, time, actor, action, subject, detail, prev, hash)
  select first + n, moment, actors[n], actions[n], subjects[n], details[n]::json,
         hashes[n - 1], hashes[n]
  from generate_series(1, cardinality(actors)) n;
  update audit_head set seq = first + cardinality(actors), hash = hashes[cardinality(actors)];
  return first + cardinality(actors) || ':' || hashes[cardinality(actors)];
end $$;

revoke all on function append_audit from public;
