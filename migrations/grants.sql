-- Applied by `migrate` after the numbered files, on every run. :runtime is the quoted runtime role.
-- It owns no table, reads the audit, and writes it through append_audit only.
revoke all on all tables in schema countersign from :runtime;
grant usage on schema countersign to :runtime;
grant execute on all functions in schema countersign to :runtime;
grant select on installation, migrations, audit_entries, audit_head to :runtime;
grant select, update on gate, high_water to :runtime;
grant select, insert, delete on feed, used_jtis, operator_tokens to :runtime;
grant select, insert, update on agents, stops, signing_keys to :runtime;
grant select, insert on resource_servers, bundles to :runtime;
grant select, insert, delete on subject_keys, secrets to :runtime;
grant select, insert, update, delete on tasks, grants, tokens, leases, idempotency to :runtime;
grant select, insert on wrapped_master_keys to :runtime;
grant usage on all sequences in schema countersign to :runtime;
grant update on resource_servers to :runtime;
grant select, insert, delete on proof_cuts to :runtime;
grant select, insert, update on restores to :runtime;
grant select, insert, update, delete on reconciliations to :runtime;
grant select, update on master_key to :runtime;
grant select, insert, update, delete on root_rotations to :runtime;
-- A change of master key wraps boxes anew, where they lie.
grant update (sealed) on subject_keys, secrets to :runtime;
grant select, insert, update, delete on sandbox_templates, sandbox_clones to :runtime;
grant select, insert, update, delete on operations, operation_results to :runtime;
grant select, insert, delete on notices to :runtime;
grant select, insert, update, delete on notice_deliveries to :runtime;
grant select, insert, update, delete on approvals, approval_polls, approval_challenges, approval_votes to :runtime;
grant select, insert, update on operators, passkeys to :runtime;
grant select, insert, update, delete on sessions, links to :runtime;
grant select, insert, delete on ceremonies, break_glass_uses to :runtime;
