-- What was told of an occasion, or of growth between two, by the students of whom it was told: so that no two versions
-- of the data tell few of them by their difference (processor/analytics/ledger.py).

CREATE TABLE homeroom.told (
    what text COLLATE "C" PRIMARY KEY,
    first_year integer NOT NULL,
    last_year integer NOT NULL,
    revision bigint NOT NULL,
    fingerprint text NOT NULL,
    is_in_step boolean NOT NULL,
    waits_since timestamptz,
    ledger bytea NOT NULL
);
COMMENT ON COLUMN homeroom.told.fingerprint IS 'What the data looked like when the ledger was renewed last.';
COMMENT ON COLUMN homeroom.told.is_in_step IS 'Whether all students of the data are told, and nobody else.';

ALTER TABLE homeroom.told ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.told TO homeroom_writer;
GRANT SELECT, INSERT, UPDATE ON homeroom.told TO homeroom_reader;
CREATE POLICY written ON homeroom.told TO homeroom_writer USING (true);
-- Who answers for aggregates keeps what it has told, in the transaction that is on the record.
CREATE POLICY opened ON homeroom.told TO homeroom_reader
    USING ((SELECT homeroom.opened_aggregates())) WITH CHECK ((SELECT homeroom.opened_aggregates()));
