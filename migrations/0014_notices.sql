-- The outbox: what people are to be told, and how far each channel has got with it.
create table notices (
  id         text primary key,
  kind       text not null,
  subject    text not null,
  title      text not null,
  lines      text[] not null,
  path       text not null,
  -- E-mail addresses of those it concerns; empty: whoever a channel is set up for.
  recipients text[] not null,
  created_at timestamptz not null default clock_timestamp()
);

create table notice_deliveries (
  notice_id       text not null references notices (id) on delete cascade,
  channel         text not null,
  attempts        integer not null default 0,
  next_attempt_at timestamptz not null,
  delivered_at    timestamptz,
  given_up_at     timestamptz,
  last_error      text,
  primary key (notice_id, channel)
);
create index notice_deliveries_waiting on notice_deliveries (next_attempt_at)
  where delivered_at is null and given_up_at is null;

-- A task's whole story names its operations.
create index operations_of_task on operations (task_id, id);
