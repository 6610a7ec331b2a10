-- What is asked of SQL Server 2012 and later; only reads. A query begins at the line with its name. Times are those
-- of the server's clock, backupset.time_zone says how far that is from UTC. Copy-only backups are of no chain.

-- [server] Who answers, how far its clock is from UTC, and whether the account sees every database.
SELECT CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS name,
       @@SERVERNAME AS alias,
       CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
       CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS hadr,
       HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DATABASE') AS sees_all,
       DATEPART(tz, SYSDATETIMEOFFSET()) AS minutes,
       SYSDATETIME() AS clock

-- [databases] Every database but tempdb and snapshots of others.
SELECT d.name AS name,
       d.database_id AS id,
       d.recovery_model_desc AS recovery,
       d.state_desc AS state,
       d.is_in_standby AS standby,
       d.is_read_only AS fixed,
       d.group_database_id AS grouped
FROM sys.databases AS d
WHERE d.database_id <> 2 AND d.source_database_id IS NULL

-- [sets] Full and differential backups since then, and the newest of each kind however old it is.
WITH every AS (
    SELECT b.backup_set_uuid, b.server_name, b.database_name, b.type, b.backup_start_date, b.backup_finish_date,
           b.time_zone, b.backup_size, b.compressed_backup_size, b.is_damaged, b.has_backup_checksums,
           b.is_snapshot, b.differential_base_guid, b.last_lsn,
           ROW_NUMBER() OVER (
               PARTITION BY b.server_name, b.database_name, b.type, b.is_snapshot
               ORDER BY b.backup_finish_date DESC, b.backup_set_id DESC
           ) AS age
    FROM msdb.dbo.backupset AS b
    WHERE b.is_copy_only = 0 AND b.type IN ('D', 'I', 'L')
)
SELECT backup_set_uuid AS id,
       server_name AS server,
       database_name AS name,
       type AS kind,
       backup_start_date AS start,
       backup_finish_date AS finish,
       time_zone AS zone,
       backup_size AS size,
       compressed_backup_size AS packed,
       is_damaged AS damaged,
       has_backup_checksums AS checksums,
       is_snapshot AS snapshot,
       differential_base_guid AS base,
       last_lsn AS last_lsn
FROM every
WHERE age = 1 OR (type <> 'L' AND backup_finish_date > @since)
ORDER BY backup_finish_date

-- [logs] Log backups since then, as stretches without a gap: one row per stretch.
WITH logs AS (
    SELECT b.server_name, b.database_name, b.first_lsn, b.last_lsn, b.is_damaged,
           LAG(b.last_lsn) OVER (
               PARTITION BY b.server_name, b.database_name ORDER BY b.first_lsn, b.last_lsn
           ) AS reached
    FROM msdb.dbo.backupset AS b
    WHERE b.is_copy_only = 0 AND b.type = 'L' AND b.backup_finish_date > @since
),
stretches AS (
    SELECT server_name, database_name, first_lsn, last_lsn, is_damaged,
           SUM(CASE WHEN reached IS NULL OR first_lsn > reached THEN 1 ELSE 0 END) OVER (
               PARTITION BY server_name, database_name ORDER BY first_lsn, last_lsn ROWS UNBOUNDED PRECEDING
           ) AS stretch
    FROM logs
)
SELECT server_name AS server,
       database_name AS name,
       stretch AS stretch,
       COUNT(*) AS backups,
       MIN(first_lsn) AS first_lsn,
       MAX(last_lsn) AS last_lsn,
       SUM(CASE WHEN is_damaged = 1 THEN 1 ELSE 0 END) AS damaged
FROM stretches
GROUP BY server_name, database_name, stretch
ORDER BY server_name, database_name, stretch

-- [media] Where the newest full backup of each database was written.
WITH newest AS (
    SELECT b.backup_set_uuid, b.media_set_id, b.position,
           ROW_NUMBER() OVER (
               PARTITION BY b.server_name, b.database_name
               ORDER BY b.backup_finish_date DESC, b.backup_set_id DESC
           ) AS age
    FROM msdb.dbo.backupset AS b
    WHERE b.is_copy_only = 0 AND b.type = 'D' AND b.is_snapshot = 0
)
SELECT n.backup_set_uuid AS id,
       n.position AS position,
       f.physical_device_name AS path,
       f.device_type AS device
FROM newest AS n
JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = n.media_set_id
WHERE n.age = 1 AND f.mirror = 0
ORDER BY n.backup_set_uuid, f.family_sequence_number

-- [replicas] Which servers hold which database of an availability group.
SELECT c.database_name AS name,
       r.replica_server_name AS replica
FROM sys.availability_databases_cluster AS c
JOIN sys.availability_replicas AS r ON r.group_id = c.group_id
