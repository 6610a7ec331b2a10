-- What a WSUS server was told by each host, as of that host's last report to it.
CREATE TABLE patch_wsus (
    host         TEXT PRIMARY KEY,
    server       TEXT NOT NULL,
    asked_at     TEXT NOT NULL,
    reported_at  TEXT NOT NULL,
    reboot_since TEXT,
    told         TEXT NOT NULL
) WITHOUT ROWID;
