# Asks a Windows machine how it stands with its updates: registry, CIM and event log, never the update agent.
# $Parameters.days is how far back the event log is read. Of the registry a key that is not there is an answer,
# one that is denied is none.
$hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
$windows = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
$control = 'SYSTEM\CurrentControlSet\Control'

function Get-Value([string]$Path, [string]$Name) {
    $key = $hive.OpenSubKey($Path)
    if ($null -eq $key) { return $null }
    try { $key.GetValue($Name) } finally { $key.Close() }
}

function Test-Key([string]$Path) {
    $key = $hive.OpenSubKey($Path)
    if ($null -eq $key) { return $false }
    $key.Close()
    $true
}

function Get-Names([string]$Path) {
    $key = $hive.OpenSubKey($Path)
    if ($null -eq $key) { return }
    try { $key.GetSubKeyNames() } finally { $key.Close() }
}

# The values of an event by their names, which are those of its template in every language.
function Get-Told($Record) {
    $data = @{}
    foreach ($each in ([xml]$Record.ToXml()).GetElementsByTagName('Data')) {
        $data[[string]$each.GetAttribute('Name')] = [string]$each.InnerText
    }
    @{ at = Get-Utc $Record.TimeCreated; id = [int]$Record.Id; data = $data }
}

# A log without a fitting event is an error to Get-WinEvent, and an answer here.
function Get-Events([hashtable]$Filter, [int]$Newest) {
    $Filter.ProviderName = 'Microsoft-Windows-WindowsUpdateClient'
    try {
        Get-WinEvent -FilterHashtable $Filter -MaxEvents $Newest | ForEach-Object { Get-Told $_ }
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }
    }
}

Read-Part 'os' {
    $path = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $architecture = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    @{
        product      = [string](Get-Value $path 'ProductName')
        edition      = [string](Get-Value $path 'EditionID')
        installation = [string](Get-Value $path 'InstallationType')
        display      = [string](Get-Value $path 'DisplayVersion')
        release      = [string](Get-Value $path 'ReleaseId')
        build        = [string](Get-Value $path 'CurrentBuildNumber')
        ubr          = Get-Value $path 'UBR'
        architecture = [string]$architecture
    }
}

# Servers are enrolled by a package, clients by policy; neither hotpatches without virtualization-based security.
Read-Part 'hotpatch' {
    $dynamic = 'SOFTWARE\Microsoft\Windows NT\CurrentVersion\Update\TargetingInfo\DynamicInstalled'
    $packages = @(Get-Names $dynamic | Where-Object { $_ -like 'Hotpatch.*' } |
        ForEach-Object { [string](Get-Value "$dynamic\$_" 'Name') })
    @{
        packages = $packages
        table    = Get-Value "$control\Session Manager\Memory Management" 'HotPatchTableSize'
        vbs      = Get-Value "$control\DeviceGuard" 'EnableVirtualizationBasedSecurity'
        policy   = Get-Value 'SOFTWARE\Microsoft\PolicyManager\current\device\Update' 'AllowRebootlessUpdates'
    }
}

Read-Part 'licences' {
    $asked = @{
        ClassName           = 'SoftwareLicensingProduct'
        Property            = 'ID', 'LicenseStatus'
        Filter              = 'LicenseStatus = 1 AND PartialProductKey IS NOT NULL'
        OperationTimeoutSec = 60
    }
    Get-CimInstance @asked | ForEach-Object { @{ id = [string]$_.ID } }
}

Read-Part 'reboot' {
    $servicing = "$windows\Component Based Servicing"
    $names = "$control\ComputerName"
    $logon = 'SYSTEM\CurrentControlSet\Services\Netlogon'
    $renames = @(Get-Value "$control\Session Manager" 'PendingFileRenameOperations' | Where-Object { $_ })
    @{
        servicing    = Test-Key "$servicing\RebootPending"
        in_progress  = Test-Key "$servicing\RebootInProgress"
        packages     = Test-Key "$servicing\PackagesPending"
        updates      = Test-Key "$windows\WindowsUpdate\Auto Update\RebootRequired"
        reporting    = Test-Key "$windows\WindowsUpdate\Auto Update\PostRebootReporting"
        name         = [string](Get-Value "$names\ComputerName" 'ComputerName')
        active       = [string](Get-Value "$names\ActiveComputerName" 'ComputerName')
        joining      = ((Test-Key "$logon\JoinDomain") -or (Test-Key "$logon\AvoidSpnSet"))
        renames      = @($renames | Select-Object -First 50 | ForEach-Object { [string]$_ })
        rename_count = $renames.Count
    }
}

Read-Part 'policy' {
    $policy = 'SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
    $managed = 'SOFTWARE\Microsoft\PolicyManager\current\device\Update'
    @{
        server          = [string](Get-Value $policy 'WUServer')
        status_server   = [string](Get-Value $policy 'WUStatusServer')
        group           = [string](Get-Value $policy 'TargetGroup')
        use_server      = Get-Value "$policy\AU" 'UseWUServer'
        source          = Get-Value $policy 'SetPolicyDrivenUpdateSourceForQualityUpdates'
        defer           = Get-Value $policy 'DeferQualityUpdatesPeriodInDays'
        managed_defer   = Get-Value $managed 'DeferQualityUpdatesPeriodInDays'
        release         = [string](Get-Value $policy 'TargetReleaseVersionInfo')
        paused          = [string](Get-Value $policy 'PauseQualityUpdatesStartTime')
        no_auto         = Get-Value "$policy\AU" 'NoAutoUpdate'
        automatic       = Get-Value "$policy\AU" 'AUOptions'
        service_starts  = Get-Value 'SYSTEM\CurrentControlSet\Services\wuauserv' 'Start'
    }
}

# When the cumulative updates that are still known were installed: a FILETIME in two halves, of which the
# registry gives the lower one with a sign.
Read-Part 'rollups' {
    $packages = "$windows\Component Based Servicing\Packages"
    Get-Names $packages | Where-Object { $_ -like 'Package_for_RollupFix*' } | ForEach-Object {
        $high = Get-Value "$packages\$_" 'InstallTimeHigh'
        $low = Get-Value "$packages\$_" 'InstallTimeLow'
        $at = ''
        if ($null -ne $high -and $null -ne $low) {
            $time = ([long]$high -shl 32) -bor ([long]$low -band 4294967295)
            $at = Get-Utc ([DateTime]::FromFileTimeUtc($time))
        }
        @{ name = [string]$_; state = Get-Value "$packages\$_" 'CurrentState'; at = $at }
    }
}

Read-Part 'events' {
    $since = [DateTime]::Now.AddDays(-[int]$Parameters.days)
    Get-Events @{ LogName = 'System'; Id = 19, 20; StartTime = $since } ($most + 1)
}

Read-Part 'searches' {
    Get-Events @{ LogName = 'Microsoft-Windows-WindowsUpdateClient/Operational'; Id = 26 } 50
}

Read-Part 'hotfixes' {
    Get-CimInstance -ClassName Win32_QuickFixEngineering -OperationTimeoutSec 60 | ForEach-Object {
        @{ id = [string]$_.HotFixID }
    }
}

$hive.Close()
Write-Told
