-- At which builds a Windows was seen, and from when to when. What it lacks by them is not kept: that follows from
-- the releases that are known on the day of the question.
CREATE TABLE patch_build (
    host       TEXT NOT NULL,
    build      INTEGER NOT NULL,
    ubr        INTEGER NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen  TEXT NOT NULL,
    system     TEXT NOT NULL,
    PRIMARY KEY (host, build, ubr)
) WITHOUT ROWID;

INSERT INTO patch_build (host, build, ubr, first_seen, last_seen, system)
SELECT host, build, ubr,
       coalesce((SELECT min(first_seen) FROM patch_update
                 WHERE patch_update.host = scan.host AND origin = 'build' AND resolved_at IS NULL
                 AND installed = build || '.' || ubr), seen_at),
       seen_at, system
FROM (
    SELECT host, json_extract(told, '$.system.build') AS build, json_extract(told, '$.system.ubr') AS ubr,
           coalesce(json_extract(told, '$.dates.system'), scanned_at) AS seen_at,
           json_extract(told, '$.system') AS system
    FROM patch_scan WHERE scanned_at IS NOT NULL AND json_extract(told, '$.system.family') = 'windows'
) AS scan WHERE build IS NOT NULL AND ubr IS NOT NULL;

DELETE FROM patch_update WHERE origin = 'build';

-- Since when an update is held back whose deadline ran before.
ALTER TABLE patch_update ADD COLUMN held_since TEXT;
