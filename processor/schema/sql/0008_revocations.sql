-- Tokens that were taken back before their time: one by its digest, or all of a person's until a moment.

CREATE TABLE homeroom.revocation (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('token', 'subject')),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    PRIMARY KEY (kind, digest)
);
CREATE INDEX revocation_until ON homeroom.revocation (until);
GRANT SELECT, INSERT ON homeroom.revocation TO homeroom_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.revocation TO homeroom_writer;
