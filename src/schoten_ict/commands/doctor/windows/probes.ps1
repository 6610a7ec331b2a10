# Asks a Windows machine what this account may read there: one small question for each source of the collectors,
# none of which is costly. $Parameters.text and $Parameters.filler are told as they arrived.
$hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')
$windows = 'SOFTWARE\Microsoft\Windows\CurrentVersion'
$uninstall = "$windows\Uninstall"

# A key that is not there is an answer; one that is denied is none.
function Test-Key($From, [string]$Path) {
    $key = $From.OpenSubKey($Path)
    if ($null -eq $key) { return @{ count = 0 } }
    try { @{ count = @($key.GetSubKeyNames()).Count } } finally { $key.Close() }
}

function Test-Class([string]$Name, [string]$Namespace = 'root/cimv2', [string]$Filter = '') {
    $asked = @{ ClassName = $Name; Namespace = $Namespace; OperationTimeoutSec = 30 }
    if ($Filter) { $asked.Filter = $Filter }
    @{ count = @(Get-CimInstance @asked).Count }
}

# A log without an event of the update client is an answer.
function Test-Log([string]$Name) {
    $asked = @{ LogName = $Name; ProviderName = 'Microsoft-Windows-WindowsUpdateClient' }
    try {
        @{ count = @(Get-WinEvent -FilterHashtable $asked -MaxEvents 1).Count }
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw }
        @{ count = 0 }
    }
}

Read-Part 'echo' {
    $filler = [string]$Parameters.filler
    @{ text = [string]$Parameters.text; length = $filler.Length; last = [string]$filler[-1] }
}

Read-Part 'clock' {
    $epoch = New-Object System.DateTime 1970, 1, 1, 0, 0, 0, ([System.DateTimeKind]::Utc)
    @{ at = [long][Math]::Floor(([System.DateTime]::UtcNow - $epoch).TotalMilliseconds) }
}

# An administrator whose token was cut down (UAC over the network) is none.
Read-Part 'account' {
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object System.Security.Principal.WindowsPrincipal $identity
    @{
        name           = [string]$identity.Name
        authentication = [string]$identity.AuthenticationType
        administrator  = [bool]$principal.IsInRole([System.Security.Principal.WindowsBuiltInRole]::Administrator)
        groups         = @($identity.Groups | ForEach-Object { [string]$_.Value } | Where-Object { $_ -like 'S-1-5-32-*' })
    }
}

Read-Part 'limits' {
    $shell = 'WSMan:\localhost\Shell'
    @{
        shells      = [string](Get-Item "$shell\MaxShellsPerUser").Value
        memory_mb   = [string](Get-Item "$shell\MaxMemoryPerShellMB").Value
        processes   = [string](Get-Item "$shell\MaxProcessesPerShell").Value
        envelope_kb = [string](Get-Item 'WSMan:\localhost\MaxEnvelopeSizekb').Value
    }
}

Read-Part 'registry' { Test-Key $hive 'SOFTWARE\Microsoft\Windows NT\CurrentVersion' }
Read-Part 'programs' { Test-Key $hive $uninstall }
Read-Part 'servicing' { Test-Key $hive "$windows\Component Based Servicing\Packages" }
Read-Part 'policies' { Test-Key $hive 'SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate' }

Read-Part 'users' {
    $users = [Microsoft.Win32.RegistryKey]::OpenBaseKey('Users', 'Default')
    $found = @($users.GetSubKeyNames() | Where-Object { $_ -match '^S-1-(5-21|12-1)-[0-9-]+$' })
    foreach ($sid in $found) { [void](Test-Key $users "$sid\Software\Microsoft\Windows\CurrentVersion\Uninstall") }
    $users.Close()
    @{ count = $found.Count }
}

Read-Part 'system' { Test-Class 'Win32_OperatingSystem' }
Read-Part 'volumes' { Test-Class 'Win32_Volume' 'root/cimv2' 'DriveType = 3' }
Read-Part 'services' { Test-Class 'Win32_Service' }
Read-Part 'hotfixes' { Test-Class 'Win32_QuickFixEngineering' }
Read-Part 'licences' {
    Test-Class 'SoftwareLicensingProduct' 'root/cimv2' 'LicenseStatus = 1 AND PartialProductKey IS NOT NULL'
}
Read-Part 'ports' { @{ count = @(Get-NetTCPConnection -State Listen).Count } }
Read-Part 'defender' { @{ count = @(Get-MpComputerStatus).Count } }
Read-Part 'antivirus' { Test-Class 'AntiVirusProduct' 'root/SecurityCenter2' }
Read-Part 'bitlocker' { Test-Class 'Win32_EncryptableVolume' 'root/cimv2/Security/MicrosoftVolumeEncryption' }

Read-Part 'administrators' {
    $sid = New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-32-544'
    $group = $sid.Translate([System.Security.Principal.NTAccount]).Value.Split('\')[-1]
    @{ count = @(([ADSI]"WinNT://./$group,group").PSBase.Invoke('Members')).Count }
}

Read-Part 'system_log' { Test-Log 'System' }
Read-Part 'update_log' { Test-Log 'Microsoft-Windows-WindowsUpdateClient/Operational' }

# The agent is made and asked for nothing but how long its history is: no search is begun.
Read-Part 'agent' {
    $searcher = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher()
    @{ count = $searcher.GetTotalHistoryCount() }
}

$hive.Close()
Write-Told
