-- The first results of a school year go into a table without indexes, which get theirs in one go as it is attached:
-- sorted once instead of searched for each row. Both in the transaction of a merge, so that nobody sees it before.

-- Makes the table of a school year's results, and says whether there was none; it is to be finished by this transaction.
CREATE FUNCTION homeroom.begin_school_year(year integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF year NOT BETWEEN 1990 AND 2100 THEN
        RAISE EXCEPTION 'no school year %', year USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass(format('homeroom.%I', 'result_' || year)) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('homeroom.school_year'));
    END IF;
    IF to_regclass(format('homeroom.%I', 'result_' || year)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE homeroom.%I (LIKE homeroom.result INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                   'result_' || year);
    EXECUTE format('GRANT INSERT ON homeroom.%I TO homeroom_writer', 'result_' || year);
    -- The year's other table as well.
    PERFORM homeroom.ensure_school_year(year);
    RETURN true;
END
$$;

-- Attaches it, with its indexes; from then on it is reached by its parent alone.
CREATE FUNCTION homeroom.finish_school_year(year integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON homeroom.%I FROM homeroom_writer', 'result_' || year);
    EXECUTE format('ALTER TABLE homeroom.result ATTACH PARTITION homeroom.%I FOR VALUES IN (%s)', 'result_' || year, year);
END
$$;

REVOKE EXECUTE ON FUNCTION homeroom.begin_school_year(integer), homeroom.finish_school_year(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION homeroom.begin_school_year(integer), homeroom.finish_school_year(integer) TO homeroom_writer;
