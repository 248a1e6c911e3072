-- Scales of scores in words, and which scale the results of a line item are of.

CREATE TABLE homeroom.score_scale (
    scale_id text COLLATE "C" PRIMARY KEY,
    title text,
    words text,
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);
COMMENT ON COLUMN homeroom.score_scale.words IS 'The words as a JSON array, the lowest first.';

CREATE TABLE homeroom.item_scale (
    administration_id text COLLATE "C" PRIMARY KEY,
    scale_id text COLLATE "C",
    modified_at timestamptz NOT NULL,
    deleted boolean NOT NULL DEFAULT false,
    file_id bigint NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON homeroom.score_scale, homeroom.item_scale TO homeroom_writer;
GRANT SELECT ON homeroom.score_scale, homeroom.item_scale TO homeroom_reader;
