# Asks Windows Server Backup what its own catalogue knows. wbadmin is not asked: its text is in the language
# of Windows. $Parameters.jobs is how many past runs are looked at.

function Get-Volumes($Volumes) {
    @($Volumes | ForEach-Object { @{ path = [string]$_.MountPath; label = [string]$_.VolumeLabel } })
}

# A job's items are a tree: volumes in a list of volumes, components in an application.
function Get-Items($Items, [int]$Depth) {
    if ($Depth -gt 4) { return }
    foreach ($item in @($Items)) {
        if ($null -eq $item) { continue }
        @{ name = [string]$item.Name; state = [string]$item.State; hresult = Get-Code $item.HResult }
        Get-Items $item.SubItemList ($Depth + 1)
    }
}

Read-Part 'machine' {
    @{ name = [System.Net.Dns]::GetHostName(); version = [string][System.Environment]::OSVersion.Version }
}

Read-Part 'module' {
    Import-Module WindowsServerBackup
    @{ name = 'WindowsServerBackup' }
}

if ($told.parts.ContainsKey('module')) {
    Read-Part 'summary' {
        $summary = Get-WBSummary
        @{
            last         = Get-Utc $summary.LastBackupTime
            success      = Get-Utc $summary.LastSuccessfulBackupTime
            next         = Get-Utc $summary.NextBackupTime
            hresult      = Get-Code $summary.LastBackupResultHR
            detail       = Get-Code $summary.LastBackupResultDetailedHR
            message      = [string]$summary.DetailedMessage
            versions     = $summary.NumberOfVersions
            target       = [string]$summary.LastBackupTarget
            status       = [string]$summary.CurrentOperationStatus
        }
    }

    # Without a policy nothing is scheduled here; something else may start the backups.
    Read-Part 'policy' {
        $policy = Get-WBPolicy
        if ($null -ne $policy) {
            @{
                volumes = @(Get-Volumes (Get-WBVolume -Policy $policy))
                files   = @(Get-WBFileSpec -Policy $policy | Where-Object { -not $_.Exclude } | ForEach-Object { [string]$_.FilePath })
                state   = [bool](Get-WBSystemState -Policy $policy)
                bare    = [bool](Get-WBBareMetalRecovery -Policy $policy)
            }
        }
    }

    Read-Part 'sets' {
        Get-WBBackupSet | ForEach-Object {
            @{
                version      = [string]$_.VersionId
                at           = Get-Utc $_.BackupTime
                target       = [string]$_.BackupTarget
                items        = [string]$_.RecoverableItems
                volumes      = @(Get-Volumes $_.Volume)
                applications = @($_.Application | ForEach-Object { [string]$_ })
            }
        }
    }

    Read-Part 'jobs' {
        Get-WBJob -Previous ([int]$Parameters.jobs) | ForEach-Object {
            @{
                type    = [string]$_.JobType
                start   = Get-Utc $_.StartTime
                end     = Get-Utc $_.EndTime
                state   = [string]$_.JobState
                hresult = Get-Code $_.HResult
                detail  = Get-Code $_.DetailedHResult
                error   = [string]$_.ErrorDescription
                version = [string]$_.VersionId
                items   = @(Get-Items $_.JobItems 0)
            }
        }
    }
}

Write-Told
