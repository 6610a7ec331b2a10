-- How the last question over each protocol went: the slowest are asked first next time.
CREATE TABLE asked (
    subject     TEXT NOT NULL,
    via         TEXT NOT NULL,
    at          TEXT NOT NULL,
    duration_ms INTEGER NOT NULL,
    PRIMARY KEY (subject, via)
) WITHOUT ROWID;
