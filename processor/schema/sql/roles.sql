-- Roles belong to the server, not to a database: this runs before every migration, and a second run changes nothing.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'homeroom_owner', 'homeroom_writer', 'homeroom_reader', 'homeroom_auditor', 'homeroom_application'
    ] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
        END IF;
    END LOOP;
END
$$;

-- Who signs in as the application has no right until it takes a role: SET ROLE homeroom_writer (worker),
-- homeroom_reader (API), homeroom_auditor (reports of access).
ALTER ROLE homeroom_application NOINHERIT;
GRANT homeroom_writer, homeroom_reader, homeroom_auditor TO homeroom_application;
DO $$
BEGIN
    EXECUTE format('GRANT homeroom_owner TO %I', current_user);
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO homeroom_application', current_database());
    EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO homeroom_writer', current_database());
    -- Not IF NOT EXISTS alone: it asks for the right to create even where there is nothing to do.
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'homeroom') THEN
        EXECUTE 'CREATE SCHEMA homeroom AUTHORIZATION homeroom_owner';
    END IF;
END
$$;
