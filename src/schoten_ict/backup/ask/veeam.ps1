# Asks Veeam Backup & Replication through its PowerShell module, in the words of its REST interface, so that both
# are read alike. $Parameters.jobs are the names of the jobs, $Parameters.days how far back runs are looked at.
# Version 13 of the module needs PowerShell 7, which WinRM does not start: use REST there.
$names = @($Parameters.jobs | ForEach-Object { [string]$_ })
$since = [DateTime]::Now.AddDays(-[int]$Parameters.days)
$known = @{ jobs = @(); sessions = @(); backups = @() }

function Get-Ended($Result, $Message) {
    @{ result = [string]$Result; message = [string]$Message }
}

Read-Part 'module' {
    Import-Module Veeam.Backup.PowerShell -WarningAction SilentlyContinue
    @{ name = 'Veeam.Backup.PowerShell' }
}

if ($told.parts.ContainsKey('module')) {
    Read-Part 'server' {
        @{ buildVersion = [string](Get-VBRBackupServerInfo).Build }
    }

    Read-Part 'jobs' {
        $found = @(Get-VBRJob -WarningAction SilentlyContinue) + @(Get-VBRComputerBackupJob)
        $known.jobs = @($found | Where-Object { $names -contains $_.Name })
        $known.jobs | ForEach-Object {
            $off = ($_.IsScheduleEnabled -eq $false) -or ($_.JobEnabled -eq $false)
            @{ id = [string]$_.Id; name = [string]$_.Name; status = $(if ($off) { 'disabled' } else { 'enabled' }) }
        }
    }

    Read-Part 'sessions' {
        $ids = @($known.jobs | ForEach-Object { [string]$_.Id })
        $found = @(Get-VBRBackupSession) + @(Get-VBRComputerBackupJobSession)
        $known.sessions = @($found | Where-Object { $_.CreationTime -gt $since -and $ids -contains [string]$_.JobId })
        $known.sessions | ForEach-Object {
            $state = if ([string]$_.State -eq 'Stopped' -or $_.EndTime.Year -gt 1980) { 'Stopped' } else { 'Working' }
            @{
                id           = [string]$_.Id
                jobId        = [string]$_.JobId
                creationTime = Get-Utc $_.CreationTime
                endTime      = Get-Utc $_.EndTime
                state        = $state
                result       = Get-Ended $_.Result $_.Info.Reason
            }
        }
    }

    Read-Part 'tasks' {
        foreach ($session in $known.sessions) {
            Get-VBRTaskSession -Session $session | ForEach-Object {
                $busy = @('InProgress', 'Pending') -contains [string]$_.Status
                @{
                    name         = [string]$_.Name
                    sessionId    = [string]$session.Id
                    creationTime = Get-Utc $session.CreationTime
                    state        = $(if ($busy) { 'Working' } else { 'Stopped' })
                    result       = Get-Ended $_.Status $_.Info.Reason
                }
            }
        }
    }

    Read-Part 'backups' {
        $ids = @($known.jobs | ForEach-Object { [string]$_.Id })
        $known.backups = @(Get-VBRBackup | Where-Object { $ids -contains [string]$_.JobId -or $names -contains $_.JobName })
        $known.backups | ForEach-Object {
            @{ id = [string]$_.Id; jobId = [string]$_.JobId; name = [string]$_.JobName }
        }
    }

    Read-Part 'points' {
        foreach ($backup in $known.backups) {
            Get-VBRRestorePoint -Backup $backup | ForEach-Object {
                @{
                    id           = [string]$_.Id
                    name         = [string]$_.Name
                    backupId     = [string]$backup.Id
                    creationTime = Get-Utc $_.CreationTime
                    originalSize = $_.ApproxSize
                    corrupted    = [bool]$_.IsCorrupted
                }
            }
        }
    }
}

Write-Told
