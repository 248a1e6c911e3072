-- The hash chain: each event gets a link when its transaction commits; PostgreSQL computes it and keeps it final.
--
-- Why at commit, and in two rounds: the chain has one order, so whoever appends to it holds a lock until it has
-- committed. Taken with the insert, that lock would be held while the transaction waits for rows of others, which is
-- how deadlocks are made. Constraint triggers that are deferred run when nothing but the commit is left. Foreign keys
-- are checked then as well, and may wait for a row; so the first trigger only makes an empty link, whose own trigger
-- runs after all of them.

CREATE FUNCTION audit_canonical(value jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE coalesce(jsonb_typeof(value), 'null')
        WHEN 'object' THEN '{' || coalesce((
            SELECT string_agg(to_jsonb(pair.key)::text || ':' || audit_canonical(pair.value), ',' ORDER BY pair.key COLLATE "C")
            FROM jsonb_each(value) AS pair), '') || '}'
        WHEN 'array' THEN '[' || coalesce((
            SELECT string_agg(audit_canonical(part.item), ',' ORDER BY part.place)
            FROM jsonb_array_elements(value) WITH ORDINALITY AS part (item, place)), '') || ']'
        WHEN 'number' THEN trim_scale((value #>> '{}')::numeric)::text
        WHEN 'null' THEN 'null'
        ELSE value::text
    END;
END $$;

CREATE FUNCTION audit_hash(place bigint, before_it text, event audit_auditevent) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN encode(sha256(convert_to(audit_canonical(jsonb_build_object(
        'position', place,
        'previous', before_it,
        'event', jsonb_build_object(
            'id', event.id,
            'at', to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            'actor', event.actor_id::text,
            'actor_name', event.actor_name,
            'action', event.action,
            'outcome', event.outcome,
            'subject_kind', event.subject_kind,
            'subject_id', event.subject_id,
            'district', event.district_id::text,
            'run', event.run_number,
            'message', event.message ->> 'text',
            'before', event.before,
            'after', event.after,
            'request_id', event.request_id,
            'remote_addr', host(event.remote_addr)
        )
    )), 'UTF8')), 'hex');
END $$;

CREATE FUNCTION audit_event_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_auditlink (event_id, previous_hash, hash) VALUES (NEW.id, '', '');
    RETURN NULL;
END $$;

CREATE FUNCTION audit_link_written() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last audit_auditlink;
    event audit_auditevent;
    place bigint;
    before_it text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('homeroom audit chain'));
    SELECT * INTO last FROM audit_auditlink WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1;
    SELECT * INTO STRICT event FROM audit_auditevent WHERE id = NEW.event_id;
    place := coalesce(last.position, 0) + 1;
    before_it := coalesce(last.hash, repeat('0', 64));
    UPDATE audit_auditlink SET position = place, previous_hash = before_it, hash = audit_hash(place, before_it, event)
    WHERE id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION audit_link_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.position IS NULL AND NEW.id = OLD.id AND NEW.event_id = OLD.event_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The audit record is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Django's test runner empties tables between tests, in a database of its own whose name it begins with test_.
    IF current_database() LIKE 'test\_%' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'The audit record is append-only: % is refused.', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE CONSTRAINT TRIGGER audit_event_written AFTER INSERT ON audit_auditevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_event_written();
CREATE CONSTRAINT TRIGGER audit_link_written AFTER INSERT ON audit_auditlink
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_link_written();
CREATE TRIGGER audit_link_final BEFORE UPDATE OR DELETE ON audit_auditlink
    FOR EACH ROW EXECUTE FUNCTION audit_link_final();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION audit_no_truncate();
CREATE TRIGGER audit_link_no_truncate BEFORE TRUNCATE ON audit_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION audit_no_truncate();
