# Lets the update agent search for updates, against the source that the machine is set to use. It downloads and
# installs nothing. Hidden updates are told as such, because somebody decided so on the machine.
$agent = @{ result = $null }

Read-Part 'search' {
    $session = New-Object -ComObject Microsoft.Update.Session
    $session.ClientApplicationID = 'ict'
    $searcher = $session.CreateUpdateSearcher()
    $searcher.Online = $true
    $agent.result = $searcher.Search('IsInstalled=0')
    @{ code = [int]$agent.result.ResultCode; warnings = [int]$agent.result.Warnings.Count; count = [int]$agent.result.Updates.Count }
}

# LastDeploymentChangeTime is in UTC already.
if ($null -ne $agent.result) {
    Read-Part 'updates' {
        foreach ($update in $agent.result.Updates) {
            @{
                title      = [string]$update.Title
                articles   = @($update.KBArticleIDs | ForEach-Object { [string]$_ })
                severity   = [string]$update.MsrcSeverity
                cves       = @($update.CveIDs | ForEach-Object { [string]$_ })
                categories = @($update.Categories | ForEach-Object { [string]$_.CategoryID })
                type       = [int]$update.Type
                optional   = [bool]$update.BrowseOnly
                selected   = [bool]$update.AutoSelectOnWebSites
                hidden     = [bool]$update.IsHidden
                published  = Get-Utc $update.LastDeploymentChangeTime
                reboot     = $update.InstallationBehavior.RebootBehavior
            }
        }
    }
}

Write-Told
