-- The drafts of an append arrive as one JSON text instead of four arrays: the driver writes arrays
-- element by element, which was a twentieth of what a mint costs.
--
-- What it does is what it did: it locks the head, numbers and links the entries, stores them, moves the
-- head, with the owner's rights. `detail` of a draft is a text, the canonical JSON (RFC 8785) that is
-- hashed as it stands; PostgreSQL escapes the other texts exactly as RFC 8785 does. Answers
-- `<seq>:<hash>`, the new head.
drop function append_audit(text[], text[], text[], text[]);

create function append_audit(drafts json)
returns text language plpgsql security definer set search_path = countersign, pg_temp as $$
declare
  head     audit_head%rowtype;
  first    bigint;
  moment   timestamptz;
  stamp    text;
  actors   text[];
  actions  text[];
  subjects text[];
  details  text[];
  hashes   text[] := '{}';
begin
  select array_agg(d.actor order by n), array_agg(d.action order by n),
         array_agg(d.subject order by n), array_agg(d.detail order by n)
  into actors, actions, subjects, details
  from rows from (json_to_recordset(drafts) as (actor text, action text, subject text, detail text))
       with ordinality as d(actor, action, subject, detail, n);
  select * into strict head from audit_head for update;
  if actors is null then
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
