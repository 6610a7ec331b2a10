-- Every backup that was ever seen, of a repository or of a copy; one that is gone keeps its row.
CREATE TABLE backup_point (
    job           TEXT NOT NULL,
    repository    TEXT NOT NULL,
    id            TEXT NOT NULL,
    target        TEXT NOT NULL DEFAULT '',
    at            TEXT NOT NULL,
    host          TEXT NOT NULL DEFAULT '',
    paths         TEXT NOT NULL DEFAULT '[]',
    complete      INTEGER,
    size          INTEGER,
    files         INTEGER,
    new_files     INTEGER,
    changed_files INTEGER,
    added         INTEGER,
    packed        INTEGER,
    seconds       REAL,
    original      TEXT NOT NULL DEFAULT '',
    first_seen    TEXT NOT NULL,
    last_seen     TEXT NOT NULL,
    gone_at       TEXT,
    PRIMARY KEY (job, repository, id, target)
) WITHOUT ROWID;

-- How the last try of each proof ended; a fault stays until the same thing is proven again.
CREATE TABLE backup_proof (
    job        TEXT NOT NULL,
    repository TEXT NOT NULL,
    check_id   TEXT NOT NULL,
    unit       TEXT NOT NULL DEFAULT '',
    tried_at   TEXT NOT NULL,
    proven_at  TEXT,
    kind       TEXT,
    message    TEXT,
    paths      TEXT NOT NULL DEFAULT '[]',
    told       TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (job, repository, check_id, unit)
) WITHOUT ROWID;

-- One row per look, drill or backup that ict did itself.
CREATE TABLE backup_run (
    id          INTEGER PRIMARY KEY,
    job         TEXT NOT NULL,
    repository  TEXT NOT NULL,
    act         TEXT NOT NULL CHECK (act IN ('verify', 'drill', 'take')),
    began_at    TEXT NOT NULL,
    seconds     REAL NOT NULL,
    who         TEXT NOT NULL,
    verdict     TEXT NOT NULL CHECK (verdict IN ('ok', 'warn', 'fail', 'unknown')),
    summary     TEXT NOT NULL,
    last_at     TEXT,
    size        INTEGER,
    files       INTEGER,
    document    TEXT REFERENCES document (number),
    told        TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX backup_run_job ON backup_run (job, began_at);
