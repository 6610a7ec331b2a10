CREATE TABLE entitlement (
    number            TEXT PRIMARY KEY,
    product           TEXT NOT NULL,
    metric            TEXT CHECK (
        metric IN ('device', 'user', 'concurrent', 'subscription', 'core', 'processor', 'server', 'site', 'free')
    ),
    quantity          INTEGER CHECK (quantity >= 0),
    version           TEXT,
    kind              TEXT NOT NULL DEFAULT 'full' CHECK (kind IN ('full', 'upgrade', 'oem')),
    base              TEXT REFERENCES entitlement (number),
    asset             TEXT REFERENCES asset (tag) ON UPDATE CASCADE,
    starts            TEXT,
    expires           TEXT,
    maintenance_until TEXT,
    notice            TEXT,
    supplier          TEXT,
    order_number      TEXT,
    contract          TEXT,
    cost_cents        INTEGER,
    key_reference     TEXT,
    proof             TEXT REFERENCES document (number),
    notes             TEXT,
    source            TEXT,
    ended_on          TEXT,
    ended_because     TEXT,
    CHECK (number <> '' AND product <> '' AND version <> '' AND base <> number)
) WITHOUT ROWID;
CREATE INDEX entitlement_product ON entitlement (product);
CREATE UNIQUE INDEX entitlement_source ON entitlement (source) WHERE source IS NOT NULL;

CREATE TABLE entitlement_holder (
    id          INTEGER PRIMARY KEY,
    entitlement TEXT NOT NULL REFERENCES entitlement (number),
    holder_kind TEXT NOT NULL CHECK (holder_kind IN ('person', 'asset', 'host')),
    holder      TEXT NOT NULL,
    quantity    INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    since       TEXT NOT NULL,
    until       TEXT,
    because     TEXT
);
CREATE UNIQUE INDEX entitlement_held ON entitlement_holder (entitlement, holder_kind, holder) WHERE until IS NULL;
CREATE INDEX entitlement_holder_of ON entitlement_holder (holder_kind, holder) WHERE until IS NULL;

CREATE TABLE software_title (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    version   TEXT NOT NULL DEFAULT '',
    publisher TEXT NOT NULL DEFAULT '',
    source    TEXT NOT NULL DEFAULT '',
    outcome   TEXT NOT NULL CHECK (outcome IN ('product', 'ignored', 'unknown')),
    product   TEXT,
    licensed  TEXT,
    reason    TEXT NOT NULL DEFAULT '',
    UNIQUE (name, version, publisher, source)
);
CREATE INDEX software_title_outcome ON software_title (outcome, product);

CREATE TABLE software_host (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    source  TEXT NOT NULL,
    digest  TEXT NOT NULL,
    seen_at TEXT NOT NULL
);
CREATE TABLE software_install (
    host  INTEGER NOT NULL REFERENCES software_host (id) ON DELETE CASCADE,
    title INTEGER NOT NULL REFERENCES software_title (id),
    PRIMARY KEY (host, title)
) WITHOUT ROWID;
CREATE INDEX software_install_title ON software_install (title, host);

CREATE TABLE license_machine (
    name       TEXT PRIMARY KEY,
    processors TEXT NOT NULL DEFAULT '[]',
    cluster    TEXT,
    guests     TEXT NOT NULL DEFAULT '[]',
    source     TEXT NOT NULL,
    seen_on    TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE license_sku (
    tenant      TEXT NOT NULL,
    sku         TEXT NOT NULL,
    taken_on    TEXT NOT NULL,
    part_number TEXT NOT NULL,
    applies_to  TEXT NOT NULL,
    status      TEXT NOT NULL,
    enabled     INTEGER NOT NULL,
    warning     INTEGER NOT NULL,
    suspended   INTEGER NOT NULL,
    locked_out  INTEGER NOT NULL,
    consumed    INTEGER NOT NULL,
    PRIMARY KEY (tenant, sku, taken_on)
) WITHOUT ROWID;

CREATE TABLE license_seat (
    product   TEXT NOT NULL,
    user      TEXT NOT NULL COLLATE NOCASE,
    blocked   INTEGER,
    last_seen TEXT,
    taken_on  TEXT NOT NULL,
    PRIMARY KEY (product, user)
) WITHOUT ROWID;

CREATE TABLE license_position (
    taken_on TEXT NOT NULL,
    product  TEXT NOT NULL,
    metric   TEXT NOT NULL,
    owned    INTEGER,
    required INTEGER,
    verdict  TEXT NOT NULL,
    PRIMARY KEY (taken_on, product, metric)
) WITHOUT ROWID;
