-- The way back of chain_definer.sql: the chain is written with the rights of whoever adds an event.
ALTER FUNCTION audit_event_written() SECURITY INVOKER RESET ALL;
ALTER FUNCTION audit_link_written() SECURITY INVOKER RESET ALL;
