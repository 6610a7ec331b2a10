CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Numbers that are given once: asset tags by prefix, document numbers by series and year.
CREATE TABLE sequence (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;

-- The chain covers the digest of the values, not the values: those can be pruned later.
CREATE TABLE journal (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    at       TEXT NOT NULL,
    who      TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    digest   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);
CREATE TABLE journal_value (
    seq     INTEGER PRIMARY KEY REFERENCES journal (seq),
    salt    BLOB NOT NULL,
    content TEXT NOT NULL
);
CREATE TABLE journal_subject (
    subject TEXT NOT NULL,
    seq     INTEGER NOT NULL REFERENCES journal (seq),
    PRIMARY KEY (subject, seq)
) WITHOUT ROWID;
CREATE TRIGGER journal_is_not_updated BEFORE UPDATE ON journal
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_subject_is_not_updated BEFORE UPDATE ON journal_subject
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_subject_is_not_deleted BEFORE DELETE ON journal_subject
BEGIN SELECT RAISE (ABORT, 'the journal is append-only'); END;

-- An answer that stays the same is one interval: only last_seen moves.
CREATE TABLE observation (
    id         INTEGER PRIMARY KEY,
    subject    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    source     TEXT NOT NULL,
    digest     TEXT NOT NULL,
    payload    TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL
);
CREATE INDEX observation_latest ON observation (subject, kind, source, last_seen);
CREATE TABLE attempt (
    id      INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    kind    TEXT NOT NULL,
    source  TEXT NOT NULL,
    at      TEXT NOT NULL,
    code    TEXT NOT NULL,
    reason  TEXT NOT NULL
);
CREATE INDEX attempt_latest ON attempt (subject, kind, source, at);

-- One row per episode; the open episode of an identity is unique.
CREATE TABLE finding (
    id          INTEGER PRIMARY KEY,
    check_id    TEXT NOT NULL,
    subject     TEXT NOT NULL,
    key         TEXT NOT NULL DEFAULT '',
    began       TEXT NOT NULL CHECK (began IN ('ok', 'warn', 'fail', 'unknown')),
    verdict     TEXT NOT NULL CHECK (verdict IN ('ok', 'warn', 'fail', 'unknown')),
    summary     TEXT NOT NULL,
    evidence    TEXT NOT NULL DEFAULT '{}',
    remedy      TEXT NOT NULL DEFAULT '',
    learning    INTEGER NOT NULL DEFAULT 0,
    first_seen  TEXT NOT NULL,
    observed_at TEXT NOT NULL,
    valid_until TEXT,
    resolved_at TEXT
);
CREATE UNIQUE INDEX finding_open ON finding (check_id, subject, key) WHERE resolved_at IS NULL;
CREATE INDEX finding_subject ON finding (subject);

CREATE TABLE person (
    key        TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    email      TEXT,
    department TEXT,
    function   TEXT,
    username   TEXT COLLATE NOCASE,
    phone      TEXT,
    location   TEXT,
    starts     TEXT,
    leaves     TEXT,
    CHECK (key <> '' AND name <> '')
) WITHOUT ROWID;
CREATE UNIQUE INDEX person_username ON person (username) WHERE username IS NOT NULL;
CREATE INDEX person_email ON person (email COLLATE NOCASE) WHERE email IS NOT NULL;
CREATE INDEX person_leaves ON person (leaves) WHERE leaves IS NOT NULL;

-- A document's row is committed before its file gets its final name; `sha256` names the file meanwhile.
CREATE TABLE document (
    number     TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    path       TEXT NOT NULL UNIQUE,
    sha256     TEXT NOT NULL,
    size       INTEGER NOT NULL,
    created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX document_sha256 ON document (sha256);

-- Periods of holding; an asset has one holder at a time.
CREATE TABLE custody (
    id          INTEGER PRIMARY KEY,
    asset       TEXT NOT NULL,
    holder_kind TEXT NOT NULL CHECK (holder_kind IN ('person', 'department', 'room', 'asset')),
    holder      TEXT NOT NULL,
    since       TEXT NOT NULL,
    until       TEXT,
    due_back    TEXT,
    handover    TEXT REFERENCES document (number)
);
CREATE UNIQUE INDEX custody_open ON custody (asset) WHERE until IS NULL;
CREATE INDEX custody_holder ON custody (holder_kind, holder) WHERE until IS NULL;
CREATE INDEX custody_asset ON custody (asset);
CREATE INDEX custody_handover ON custody (handover) WHERE handover IS NOT NULL;
