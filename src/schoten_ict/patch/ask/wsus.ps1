# Asks the WSUS server on this machine what its computers reported. It approves, declines and changes nothing.
# $Parameters.seconds is how long it lists updates computer by computer; those that it did not come to have none.
$wsus = @{ server = $null; targets = @{}; needing = @(); updates = @{} }

function Get-Needed($Summary) { $Summary.NotInstalledCount + $Summary.DownloadedCount + $Summary.FailedCount }

Read-Part 'server' {
    [void][System.Reflection.Assembly]::LoadWithPartialName('Microsoft.UpdateServices.Administration')
    $wsus.server = [Microsoft.UpdateServices.Administration.AdminProxy]::GetUpdateServer()
    @{ name = [string]$wsus.server.Name; version = [string]$wsus.server.Version }
}

if ($null -ne $wsus.server) {
    # A server that does not fetch what is new knows no newer updates: its computers would look clean.
    Read-Part 'catalogue' {
        $whole = $wsus.server.GetSubscription().GetSynchronizationHistory() | Where-Object { [string]$_.Result -eq 'Succeeded' }
        $last = $whole | Sort-Object EndTime | Select-Object -Last 1
        if ($null -ne $last) { @{ synchronised = Get-Utc $last.EndTime } }
    }

    Read-Part 'computers' {
        $group = $wsus.server.GetComputerTargetGroup([Microsoft.UpdateServices.Administration.ComputerTargetGroupId]::AllComputers)
        foreach ($target in $wsus.server.GetComputerTargets()) { $wsus.targets[[string]$target.Id] = $target }
        foreach ($summary in $group.GetTotalSummaryPerComputerTarget()) {
            $target = $wsus.targets[[string]$summary.ComputerTargetId]
            if ($null -eq $target) { continue }
            if ((Get-Needed $summary) -gt 0) { $wsus.needing += $target }
            @{
                id             = [string]$target.Id
                host           = [string]$target.FullDomainName
                address        = [string]$target.IPAddress
                os             = [string]$target.OSDescription
                group          = [string]$target.RequestedTargetGroupName
                reported       = Get-Utc $target.LastReportedStatusTime
                synchronised   = Get-Utc $target.LastSyncTime
                missing        = $summary.NotInstalledCount
                downloaded     = $summary.DownloadedCount
                pending_reboot = $summary.InstalledPendingRebootCount
                failed         = $summary.FailedCount
                installed      = $summary.InstalledCount
                not_applicable = $summary.NotApplicableCount
                not_known      = $summary.UnknownCount
            }
        }
    }

    # An update that is approved for another group is listed as well: only what is to be installed here counts.
    Read-Part 'lists' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $scope = New-Object Microsoft.UpdateServices.Administration.UpdateScope
        $scope.ApprovedStates = 'LatestRevisionApproved, HasStaleUpdateApprovals'
        $scope.IncludedInstallationStates = 'NotInstalled, Downloaded, Failed'
        foreach ($target in @($wsus.needing | Sort-Object LastReportedStatusTime -Descending)) {
            if ($clock.Elapsed.TotalSeconds -gt [int]$Parameters.seconds) { break }
            $lacks = foreach ($state in $target.GetUpdateInstallationInfoPerUpdate($scope)) {
                if ([string]$state.UpdateApprovalAction -ne 'Install') { continue }
                $id = [string]$state.UpdateId
                if (-not $wsus.updates.ContainsKey($id)) { $wsus.updates[$id] = $state.GetUpdate() }
                $id
            }
            @{ id = [string]$target.Id; updates = @($lacks) }
        }
    }

    Read-Part 'updates' {
        foreach ($id in @($wsus.updates.Keys)) {
            $update = $wsus.updates[$id]
            @{
                id         = $id
                title      = [string]$update.Title
                articles   = @($update.KnowledgebaseArticles | ForEach-Object { [string]$_ })
                severity   = [string]$update.MsrcSeverity
                categories = @([string]$update.GetUpdateClassification().Id)
                published  = Get-Utc $update.CreationDate
                reboot     = $update.InstallationBehavior.RebootBehavior
            }
        }
    }
}

Write-Told
