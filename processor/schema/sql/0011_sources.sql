-- Systems that results are pulled from: how each is reached, how far each was pulled, what each pull brought. Their ids
-- and secrets are in Secrets Manager alone.

CREATE TABLE homeroom.source (
    source_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('edfi', 'oneroster')),
    name text NOT NULL CHECK (name <> ''),
    address text NOT NULL,
    token_address text NOT NULL,
    every_minutes integer NOT NULL CHECK (every_minutes BETWEEN 15 AND 10080),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
    credential_version uuid,
    added_by text NOT NULL CHECK (added_by <> ''),
    added_at timestamptz NOT NULL DEFAULT now(),
    wish text CHECK (wish IN ('pull', 'try', 'test')),
    next_pull_at timestamptz NOT NULL DEFAULT now(),
    asked_at timestamptz,
    pulled_at timestamptz,
    tested_at timestamptz,
    found jsonb,
    failures integer NOT NULL DEFAULT 0,
    problem_code text,
    problem text,
    remedy text
);
COMMENT ON COLUMN homeroom.source.found IS 'What a test found: the rows of each resource, by count alone.';

-- Where the pulling of a resource stands: moved in the transaction that stored what was pulled, by its key.
CREATE TABLE homeroom.source_cursor (
    source_id bigint NOT NULL REFERENCES homeroom.source,
    resource text NOT NULL,
    position jsonb NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    moved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source_id, resource)
);

-- Each batch that was pulled, under the key of the object that holds it.
CREATE TABLE homeroom.source_batch (
    object_key text PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES homeroom.source,
    resource text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    rows bigint NOT NULL,
    more boolean NOT NULL,
    is_trial boolean NOT NULL,
    pulled_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz
);
CREATE INDEX ON homeroom.source_batch (source_id, pulled_at DESC);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['source', 'source_cursor', 'source_batch'] LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.%I TO homeroom_writer', name);
        EXECUTE format('GRANT SELECT ON homeroom.%I TO homeroom_reader', name);
    END LOOP;
END
$$;
