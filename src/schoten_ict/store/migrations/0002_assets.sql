CREATE TABLE asset (
    id             INTEGER PRIMARY KEY,
    tag            TEXT NOT NULL UNIQUE,
    category       TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (
        status IN ('ordered', 'in-stock', 'in-repair', 'lost', 'stolen', 'retired', 'disposed')
    ),
    manufacturer   TEXT,
    model          TEXT,
    serial         TEXT,
    serial_key     TEXT UNIQUE,
    site           TEXT,
    location       TEXT,
    cost_centre    TEXT,
    supplier       TEXT,
    order_number   TEXT,
    purchase_date  TEXT,
    purchase_cents INTEGER,
    warranty_until TEXT,
    end_of_life    TEXT,
    macs           TEXT NOT NULL DEFAULT '[]',
    imei           TEXT,
    sim            TEXT,
    phone_number   TEXT,
    notes          TEXT,
    fields         TEXT NOT NULL DEFAULT '{}',
    CHECK (tag <> '' AND category <> '' AND serial <> '' AND serial_key <> '')
);

-- Labels are read by people and scanners: tags that differ only in case are one tag.
CREATE UNIQUE INDEX asset_tag_any_case ON asset (tag COLLATE NOCASE);

CREATE VIRTUAL TABLE asset_text USING fts5 (
    tag, category, manufacturer, model, serial, location, supplier, order_number, macs, imei, sim,
    phone_number, notes, fields,
    content = 'asset', content_rowid = 'id', tokenize = "unicode61 remove_diacritics 2 tokenchars '-'"
);
CREATE TRIGGER asset_text_insert AFTER INSERT ON asset BEGIN
    INSERT INTO asset_text (rowid, tag, category, manufacturer, model, serial, location, supplier,
        order_number, macs, imei, sim, phone_number, notes, fields)
    VALUES (new.id, new.tag, new.category, new.manufacturer, new.model, new.serial, new.location, new.supplier,
        new.order_number, new.macs, new.imei, new.sim, new.phone_number, new.notes, new.fields);
END;
CREATE TRIGGER asset_text_delete AFTER DELETE ON asset BEGIN
    INSERT INTO asset_text (asset_text, rowid, tag, category, manufacturer, model, serial, location, supplier,
        order_number, macs, imei, sim, phone_number, notes, fields)
    VALUES ('delete', old.id, old.tag, old.category, old.manufacturer, old.model, old.serial, old.location,
        old.supplier, old.order_number, old.macs, old.imei, old.sim, old.phone_number, old.notes, old.fields);
END;
CREATE TRIGGER asset_text_update AFTER UPDATE OF tag, category, manufacturer, model, serial, location, supplier,
    order_number, macs, imei, sim, phone_number, notes, fields ON asset BEGIN
    INSERT INTO asset_text (asset_text, rowid, tag, category, manufacturer, model, serial, location, supplier,
        order_number, macs, imei, sim, phone_number, notes, fields)
    VALUES ('delete', old.id, old.tag, old.category, old.manufacturer, old.model, old.serial, old.location,
        old.supplier, old.order_number, old.macs, old.imei, old.sim, old.phone_number, old.notes, old.fields);
    INSERT INTO asset_text (rowid, tag, category, manufacturer, model, serial, location, supplier,
        order_number, macs, imei, sim, phone_number, notes, fields)
    VALUES (new.id, new.tag, new.category, new.manufacturer, new.model, new.serial, new.location, new.supplier,
        new.order_number, new.macs, new.imei, new.sim, new.phone_number, new.notes, new.fields);
END;

-- A policy's text as it was when somebody first received something under it.
CREATE TABLE policy_text (
    policy     TEXT NOT NULL,
    version    TEXT NOT NULL,
    title      TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    sha256     TEXT NOT NULL,
    content    BLOB NOT NULL,
    bound_at   TEXT NOT NULL,
    PRIMARY KEY (policy, version)
) WITHOUT ROWID;

CREATE TABLE handover (
    number     TEXT PRIMARY KEY REFERENCES document (number),
    person     TEXT NOT NULL REFERENCES person (key),
    issued_at  TEXT NOT NULL,
    issued_by  TEXT NOT NULL,
    due_back   TEXT,
    outcome    TEXT CHECK (outcome IN ('accepted', 'declined')),
    outcome_on TEXT,
    how        TEXT,
    reason     TEXT,
    scan       TEXT REFERENCES document (number)
) WITHOUT ROWID;
CREATE INDEX handover_person ON handover (person);
CREATE TABLE handover_policy (
    handover TEXT NOT NULL REFERENCES handover (number),
    policy   TEXT NOT NULL,
    version  TEXT NOT NULL,
    PRIMARY KEY (handover, policy),
    FOREIGN KEY (policy, version) REFERENCES policy_text (policy, version)
) WITHOUT ROWID;
CREATE TABLE handover_item (
    handover    TEXT NOT NULL REFERENCES handover (number),
    asset       TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    state       TEXT,
    accessories TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (handover, asset)
) WITHOUT ROWID;

CREATE TABLE intake (
    number   TEXT PRIMARY KEY REFERENCES document (number),
    holder   TEXT NOT NULL,
    taken_at TEXT NOT NULL,
    taken_by TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE intake_item (
    intake    TEXT NOT NULL REFERENCES intake (number),
    asset     TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    handover  TEXT,
    state     TEXT,
    returned  TEXT NOT NULL DEFAULT '[]',
    missing   TEXT NOT NULL DEFAULT '[]',
    wiped     TEXT,
    PRIMARY KEY (intake, asset)
) WITHOUT ROWID;

CREATE TABLE disposal (
    number    TEXT PRIMARY KEY REFERENCES document (number),
    at        TEXT NOT NULL,
    by        TEXT NOT NULL,
    method    TEXT NOT NULL,
    processor TEXT NOT NULL,
    reason    TEXT
) WITHOUT ROWID;
CREATE TABLE disposal_item (
    disposal    TEXT NOT NULL REFERENCES disposal (number),
    asset       TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    wiped       TEXT NOT NULL,
    certificate TEXT,
    PRIMARY KEY (disposal, asset)
) WITHOUT ROWID;

CREATE TABLE repair (
    id         INTEGER PRIMARY KEY,
    asset      TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    supplier   TEXT,
    rma        TEXT,
    complaint  TEXT,
    loaner     TEXT REFERENCES asset (tag) ON UPDATE CASCADE,
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    outcome    TEXT,
    cost_cents INTEGER
);
CREATE UNIQUE INDEX repair_open ON repair (asset) WHERE ended_at IS NULL;
CREATE INDEX repair_asset ON repair (asset);

CREATE TABLE loss (
    id            INTEGER PRIMARY KEY,
    asset         TEXT NOT NULL REFERENCES asset (tag) ON UPDATE CASCADE,
    kind          TEXT NOT NULL CHECK (kind IN ('lost', 'stolen')),
    holder        TEXT,
    reported_at   TEXT NOT NULL,
    police_report TEXT,
    note          TEXT,
    found_at      TEXT
);
CREATE INDEX loss_asset ON loss (asset);

-- A physical count. What was scanned is kept as it came, known tag or not.
CREATE TABLE count (
    name        TEXT PRIMARY KEY,
    site        TEXT,
    location    TEXT,
    category    TEXT,
    started_at  TEXT NOT NULL,
    finished_at TEXT
) WITHOUT ROWID;
CREATE TABLE count_scan (
    count    TEXT NOT NULL REFERENCES count (name),
    code     TEXT NOT NULL,
    asset    TEXT REFERENCES asset (tag) ON UPDATE CASCADE,
    location TEXT,
    at       TEXT NOT NULL,
    PRIMARY KEY (count, code)
) WITHOUT ROWID;

-- An asset as it stands: "assigned" follows from custody and is no status.
CREATE VIEW asset_now AS
SELECT asset.*,
    CASE WHEN custody.asset IS NOT NULL AND asset.status = 'in-stock' THEN 'assigned' ELSE asset.status END AS state,
    custody.holder_kind, custody.holder, custody.since AS held_since, custody.due_back, custody.handover,
    CASE WHEN custody.holder_kind = 'person' THEN coalesce(person.name, custody.holder) ELSE custody.holder END
        AS holder_name,
    person.leaves AS holder_leaves,
    handover.outcome
FROM asset
LEFT JOIN custody ON custody.asset = asset.tag AND custody.until IS NULL
LEFT JOIN person ON custody.holder_kind = 'person' AND person.key = custody.holder
LEFT JOIN handover ON handover.number = custody.handover;
