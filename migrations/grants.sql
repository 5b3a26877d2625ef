-- Applied by `migrate` after the numbered files, on every run. :runtime is the quoted runtime role.
-- The audit is append-only for it: no UPDATE, DELETE or TRUNCATE, and it owns no table.
revoke all on all tables in schema countersign from :runtime;
grant usage on schema countersign to :runtime;
grant execute on all functions in schema countersign to :runtime;
grant select on installation, migrations to :runtime;
grant select, insert on audit_entries to :runtime;
grant select, update on audit_head, gate, high_water to :runtime;
grant select, insert, delete on feed, used_jtis, operator_tokens to :runtime;
grant select, insert, update on agents, stops, signing_keys to :runtime;
grant select, insert on resource_servers, bundles to :runtime;
grant select, insert, delete on subject_keys, secrets to :runtime;
grant select, insert, update, delete on tasks, grants, tokens, leases, idempotency to :runtime;
grant usage on all sequences in schema countersign to :runtime;
grant select, insert, update, delete on sandbox_templates, sandbox_clones to :runtime;
