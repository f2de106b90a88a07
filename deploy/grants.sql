-- What the portal's processes may do in PostgreSQL, where they do not own the tables (docs/deploy.md, "Two database users").
-- Run by the owner after every "portal db upgrade": psql -v ON_ERROR_STOP=1 -f deploy/grants.sql "$OWNER_URL"
GRANT USAGE ON SCHEMA public TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO portal_app;
-- The record of what was done and the credit ledger are only ever added to.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_events, credit_entries FROM portal_app;
-- The schema's version is the owner's to write.
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM portal_app;
