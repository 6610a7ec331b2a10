-- What is held back is asked for over all hosts, and is few among the rows.
CREATE INDEX patch_update_held ON patch_update (host, key) WHERE resolved_at IS NULL AND hold != '';
