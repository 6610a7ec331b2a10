-- The last answer of each host about its updates, and the last try where that was later.
CREATE TABLE patch_scan (
    host         TEXT PRIMARY KEY,
    source       TEXT NOT NULL,
    tried_at     TEXT NOT NULL,
    code         TEXT NOT NULL DEFAULT '',
    reason       TEXT NOT NULL DEFAULT '',
    scanned_at   TEXT,
    reboot_since TEXT,
    told         TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;

-- One row per episode of an update that a host lacked: from when it was first seen until it was there.
CREATE TABLE patch_update (
    id          INTEGER PRIMARY KEY,
    host        TEXT NOT NULL,
    key         TEXT NOT NULL,
    first_seen  TEXT NOT NULL,
    last_seen   TEXT NOT NULL,
    resolved_at TEXT,
    clock       TEXT NOT NULL,
    grade       TEXT NOT NULL,
    severity    TEXT NOT NULL,
    security    INTEGER,
    exploited   INTEGER NOT NULL DEFAULT 0,
    hold        TEXT NOT NULL DEFAULT '',
    origin      TEXT NOT NULL DEFAULT '',
    installed   TEXT,
    told        TEXT NOT NULL
);
CREATE UNIQUE INDEX patch_update_open ON patch_update (host, key) WHERE resolved_at IS NULL;
CREATE INDEX patch_update_key ON patch_update (key, host);
CREATE INDEX patch_update_counted ON patch_update (host, grade, clock)
    WHERE resolved_at IS NULL AND hold = '';
