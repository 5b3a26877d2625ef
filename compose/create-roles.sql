-- Run once by the PostgreSQL container, on an empty data directory, as its superuser.
-- Two roles: the owner migrates, the broker's own role owns nothing, so that it cannot rewrite the audit.
SET log_statement = 'none';
SET log_min_error_statement = 'panic'; -- a failing statement must not print its password
\set owner_password `cat /run/secrets/owner_password`
\set runtime_password `cat /run/secrets/runtime_password`
CREATE ROLE countersign_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE countersign LOGIN PASSWORD :'runtime_password';
CREATE DATABASE countersign OWNER countersign_owner;
REVOKE ALL ON DATABASE countersign FROM PUBLIC;
GRANT CONNECT ON DATABASE countersign TO countersign;
