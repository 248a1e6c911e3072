-- The chain is written with its owner's rights: who adds an event needs none to the chain itself. Temporary tables come
-- last in the path, so that nobody puts a table of their own in the chain's place.
ALTER FUNCTION audit_event_written() SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION audit_link_written() SECURITY DEFINER SET search_path = public, pg_temp;
