-- What a count looks for, fixed when it starts.
CREATE TABLE count_expected (
    count TEXT NOT NULL REFERENCES count (name),
    asset TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    PRIMARY KEY (count, asset)
) WITHOUT ROWID;

-- How a finished count turned out; records that change afterwards do not change it.
CREATE TABLE count_outcome (
    count             TEXT NOT NULL REFERENCES count (name),
    code              TEXT NOT NULL,
    tag               TEXT,
    outcome           TEXT NOT NULL CHECK (
        outcome IN ('found', 'missing', 'misplaced', 'unexpected', 'unknown')
    ),
    make              TEXT,
    expected_location TEXT,
    seen_location     TEXT,
    holder            TEXT,
    note              TEXT NOT NULL,
    PRIMARY KEY (count, code)
) WITHOUT ROWID;
