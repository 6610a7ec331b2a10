-- Accounts that a machine refused, until their secret changes: asking again could lock them out.
CREATE TABLE refused_account (
    realm       TEXT NOT NULL,
    user        TEXT NOT NULL COLLATE NOCASE,
    fingerprint TEXT NOT NULL,
    host        TEXT NOT NULL,
    at          TEXT NOT NULL,
    PRIMARY KEY (realm, user, fingerprint)
) WITHOUT ROWID;
