-- Versions of templates: the row, and with it the name of the database, comes before the database.
create table sandbox_templates (
  id           text primary key,
  resource     text not null,
  name         text not null,
  version      integer not null,
  state        text not null
    check (state in ('building', 'ready', 'retired', 'failed', 'dropping', 'dropped')),
  database     text not null unique,
  -- SHA-256 of the definition it is built by.
  definition   text not null,
  source       text not null,
  -- Which secret opens its server: the definition may be gone when it is time to drop it.
  secret       text not null,
  progress     jsonb,
  report       jsonb,
  error        text,
  created_at   timestamptz not null default clock_timestamp(),
  -- Moved by whoever builds or drops it; when it stands still, somebody else takes over.
  heartbeat_at timestamptz not null default clock_timestamp(),
  ready_at     timestamptz,
  ended_at     timestamptz,
  unique (resource, name, version)
);
-- One build of a template at a time, and one version that is cloned.
create unique index sandbox_templates_building on sandbox_templates (resource, name) where state = 'building';
create unique index sandbox_templates_ready on sandbox_templates (resource, name) where state = 'ready';
create index sandbox_templates_leaving on sandbox_templates (state)
  where state in ('building', 'retired', 'failed', 'dropping');

-- Which version a lease was cloned from: written before the lease is reserved, so that the version stays.
create table sandbox_clones (
  lease_id    text primary key,
  template_id text not null references sandbox_templates (id),
  created_at  timestamptz not null default clock_timestamp()
);
create index sandbox_clones_of_template on sandbox_clones (template_id);
