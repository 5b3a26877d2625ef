-- On which server a version of a template was built: its absence anywhere else proves nothing. Null on
-- versions older than this column. `server_identity` is what the server itself says it is, where that can
-- be read.
alter table sandbox_templates add column server text;
alter table sandbox_templates add column server_identity text;
