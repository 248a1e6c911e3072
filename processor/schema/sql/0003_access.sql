-- The record of access (34 CFR 99.32): who, on whose behalf, which students, for what, when, from where, how many rows.
-- It is opened before the rows are read or written, closed with their number, and sealed into the chain as the
-- transaction commits: in the same transaction, or nothing was read or written at all.

CREATE TABLE homeroom.access_record (
    access_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transaction_id xid8 NOT NULL,
    at timestamptz NOT NULL,
    database_user text NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    on_behalf_of text NOT NULL,
    purpose text NOT NULL CHECK (purpose <> ''),
    scope text NOT NULL CHECK (scope IN ('aggregate', 'student', 'ingest', 'audit', 'erasure')),
    source text NOT NULL,
    request text NOT NULL,
    rows bigint CHECK (rows >= 0)
);
CREATE INDEX ON homeroom.access_record (transaction_id);

-- Without a foreign key: its trigger asks for more than that, and once for all rows.
CREATE TABLE homeroom.access_student (
    access_id bigint NOT NULL,
    student uuid NOT NULL,
    PRIMARY KEY (access_id, student)
);
CREATE INDEX ON homeroom.access_student (student);

-- The chain: each link's hash covers the one before it, so that no record can be changed, dropped or put in between.
CREATE TABLE homeroom.access_chain (
    position bigint PRIMARY KEY,
    access_id bigint NOT NULL UNIQUE REFERENCES homeroom.access_record,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL
);

-- How far the chain was sent to the log group of accesses.
CREATE TABLE homeroom.access_sent (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL
);
INSERT INTO homeroom.access_sent VALUES (true, 0);

-- What a link's hash is taken over, as text that depends on no setting of the session.
CREATE FUNCTION homeroom.access_text(wanted bigint) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_array(
        r.access_id, (extract(epoch FROM r.at) * 1000000)::bigint, r.database_user, r.actor, r.on_behalf_of,
        r.purpose, r.scope, r.source, r.request, r.rows,
        (SELECT encode(sha256(coalesce(string_agg(uuid_send(s.student), ''::bytea ORDER BY s.student), ''::bytea)),
                       'hex') FROM homeroom.access_student s WHERE s.access_id = r.access_id)
    )::text
    FROM homeroom.access_record r WHERE r.access_id = wanted
$$;

-- Opens a record; what row security lets this transaction see depends on it. Returns its number.
CREATE FUNCTION homeroom.open_access(
    actor text, on_behalf_of text, purpose text, scope text, students uuid[], source text, request text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO homeroom.access_record
        (transaction_id, at, database_user, actor, on_behalf_of, purpose, scope, source, request)
    VALUES (pg_current_xact_id(), clock_timestamp(), session_user, actor, on_behalf_of, purpose, scope, source, request)
    RETURNING access_id INTO made;
    INSERT INTO homeroom.access_student SELECT DISTINCT made, unnest FROM unnest(students);
    RETURN made;
END
$$;

-- Closes a record of this transaction with the number of rows that were answered or written.
CREATE FUNCTION homeroom.close_access(opened bigint, counted bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE homeroom.access_record SET rows = counted
    WHERE access_id = opened AND transaction_id = pg_current_xact_id() AND rows IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'access record % is not open in this transaction', opened USING ERRCODE = 'check_violation';
    END IF;
END
$$;

-- Both at once, where the number of rows is known.
CREATE FUNCTION homeroom.record_access(
    actor text, on_behalf_of text, purpose text, scope text, students uuid[], source text, request text, counted bigint
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made bigint := homeroom.open_access(actor, on_behalf_of, purpose, scope, students, source, request);
BEGIN
    PERFORM homeroom.close_access(made, counted);
    RETURN made;
END
$$;

CREATE FUNCTION homeroom.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '%.% can be added to, never changed', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The one change that is allowed: an open record of this very transaction gets its number of rows, and nothing else.
CREATE FUNCTION homeroom.only_closing() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.rows IS NULL AND NEW.rows IS NOT NULL AND OLD.transaction_id = pg_current_xact_id()
        AND to_jsonb(NEW) - 'rows' = to_jsonb(OLD) - 'rows'
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%.% can be added to, never changed', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Students can be added to a record only within the transaction that opened it.
CREATE FUNCTION homeroom.only_while_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM added a WHERE NOT EXISTS (
            SELECT FROM homeroom.access_record r
            WHERE r.access_id = a.access_id AND r.transaction_id = pg_current_xact_id() AND r.rows IS NULL
        )
    ) THEN
        RAISE EXCEPTION 'the record of access is closed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

-- At commit, so that the chain's lock is held for a moment and its order is the order of commits.
-- Needs READ COMMITTED: a transaction with an older snapshot fails instead of forking the chain.
CREATE FUNCTION homeroom.seal_access() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last record;
    content text;
    before bytea;
BEGIN
    PERFORM 1 FROM homeroom.access_record WHERE access_id = NEW.access_id AND rows IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'access record % was opened and never closed', NEW.access_id USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('homeroom.access_chain'));
    SELECT position, hash INTO last FROM homeroom.access_chain ORDER BY position DESC LIMIT 1;
    before := coalesce(last.hash, sha256('homeroom access record'::bytea));
    content := homeroom.access_text(NEW.access_id);
    INSERT INTO homeroom.access_chain
    VALUES (coalesce(last.position, 0) + 1, NEW.access_id, before, sha256(before || convert_to(content, 'UTF8')));
    RETURN NULL;
END
$$;

CREATE TRIGGER only_closing BEFORE UPDATE ON homeroom.access_record
    FOR EACH ROW EXECUTE FUNCTION homeroom.only_closing();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON homeroom.access_record
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();
CREATE CONSTRAINT TRIGGER sealed AFTER INSERT ON homeroom.access_record DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION homeroom.seal_access();
CREATE TRIGGER only_while_open AFTER INSERT ON homeroom.access_student REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.only_while_open();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON homeroom.access_student
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON homeroom.access_chain
    FOR EACH STATEMENT EXECUTE FUNCTION homeroom.refuse_change();

-- The first position whose link does not hold, or nothing where the whole chain does.
CREATE FUNCTION homeroom.first_broken_link() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH links AS (
        SELECT c.position, c.access_id, c.previous_hash, c.hash,
               lag(c.hash, 1, sha256('homeroom access record'::bytea)) OVER (ORDER BY c.position) AS before,
               row_number() OVER (ORDER BY c.position) AS expected
        FROM homeroom.access_chain c
    ), broken AS (
        SELECT position FROM links
        WHERE position <> expected OR previous_hash <> before
            OR hash <> sha256(previous_hash || convert_to(homeroom.access_text(access_id), 'UTF8'))
        UNION ALL
        SELECT 0 FROM homeroom.access_record r
        WHERE NOT EXISTS (SELECT FROM homeroom.access_chain c WHERE c.access_id = r.access_id)
    )
    SELECT min(position) FROM broken
$$;

-- What row security asks: which students, and whether aggregates, this very transaction has opened.
CREATE FUNCTION homeroom.opened_students() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(s.student), '{}')
    FROM homeroom.access_record r JOIN homeroom.access_student s USING (access_id)
    WHERE r.transaction_id = pg_current_xact_id_if_assigned() AND r.scope = 'student'
$$;
CREATE FUNCTION homeroom.opened_aggregates() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM homeroom.access_record
                   WHERE transaction_id = pg_current_xact_id_if_assigned() AND scope = 'aggregate')
$$;
