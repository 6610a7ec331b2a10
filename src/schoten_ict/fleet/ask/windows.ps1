# Asks a Windows machine who it is and what is on it. Only reads; Windows PowerShell 4 and 5.1.
# $Parameters.most bounds every list. The answer is one JSON object: `parts` holds a list per question, `errors`
# why a question was not answered. Nothing is looked up by a name that Windows translates.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$most = [int]$Parameters.most
$facts = @{ schema = 'ict-windows/1'; parts = @{}; errors = @{} }

function Get-Clock {
    $epoch = New-Object System.DateTime 1970, 1, 1, 0, 0, 0, ([System.DateTimeKind]::Utc)
    [long][Math]::Floor(([System.DateTime]::UtcNow - $epoch).TotalMilliseconds)
}

function Get-Reason($Record) {
    $cause = $Record.Exception.GetBaseException()
    @{
        message = [string]$cause.Message
        hresult = '0x{0:x8}' -f $cause.HResult
        id      = [string]$Record.FullyQualifiedErrorId
    }
}

function Read-Part([string]$Name, [scriptblock]$Ask) {
    try {
        $found = @(& $Ask)
        if ($found.Count -gt $most) {
            $facts.errors[$Name] = @{ message = "more than $most entries"; hresult = ''; id = 'TooMany' }
            $found = @($found[0..($most - 1)])
        }
        $facts.parts[$Name] = $found
    }
    catch {
        $facts.errors[$Name] = Get-Reason $_
    }
}

function Get-Class([string]$Name, [string]$Filter, [string]$Namespace = 'root/cimv2') {
    $asked = @{ ClassName = $Name; Namespace = $Namespace; OperationTimeoutSec = 60 }
    if ($Filter) { $asked.Filter = $Filter }
    Get-CimInstance @asked
}

# One uninstall key: an entry without a name is a part of another, one with a parent is an update of it.
function Get-Title($Hive, [string]$Path, [string]$Architecture, [string]$User) {
    $root = $Hive.OpenSubKey($Path)
    if ($null -eq $root) { return }
    foreach ($name in $root.GetSubKeyNames()) {
        try { $entry = $root.OpenSubKey($name) } catch { continue }
        if ($null -eq $entry) { continue }
        if ($entry.GetValue('DisplayName') -and -not $entry.GetValue('ParentKeyName')) {
            @{
                name         = [string]$entry.GetValue('DisplayName')
                version      = [string]$entry.GetValue('DisplayVersion')
                publisher    = [string]$entry.GetValue('Publisher')
                architecture = $Architecture
                user         = $User
            }
        }
        $entry.Close()
    }
    $root.Close()
}

function Get-Account([string]$Sid) {
    try { (New-Object System.Security.Principal.SecurityIdentifier $Sid).Translate([System.Security.Principal.NTAccount]).Value }
    catch { $Sid }
}

$facts.clock = Get-Clock

Read-Part 'os' {
    $entry = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $architecture = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
    @{
        hostname     = [System.Net.Dns]::GetHostName()
        product      = [string]$entry.ProductName
        edition      = [string]$entry.EditionID
        installation = [string]$entry.InstallationType
        display      = [string]$entry.DisplayVersion
        release      = [string]$entry.ReleaseId
        build        = [string]$entry.CurrentBuildNumber
        ubr          = $entry.UBR
        architecture = $architecture
    }
}

Read-Part 'running' {
    $os = Get-Class 'Win32_OperatingSystem'
    $up = $os.LocalDateTime.ToUniversalTime() - $os.LastBootUpTime.ToUniversalTime()
    @{ version = [string]$os.Version; uptime = [long]$up.TotalSeconds }
}

Read-Part 'system' {
    Get-Class 'Win32_ComputerSystem' | ForEach-Object {
        @{ vendor = [string]$_.Manufacturer; model = [string]$_.Model; memory = $_.TotalPhysicalMemory }
    }
}

Read-Part 'bios' {
    Get-Class 'Win32_BIOS' | ForEach-Object {
        @{ serial = [string]$_.SerialNumber; version = [string]$_.SMBIOSBIOSVersion }
    }
}

Read-Part 'processors' {
    Get-Class 'Win32_Processor' | ForEach-Object {
        @{ name = [string]$_.Name; cores = $_.NumberOfCores; threads = $_.NumberOfLogicalProcessors }
    }
}

Read-Part 'volumes' {
    Get-Class 'Win32_Volume' 'DriveType = 3' | ForEach-Object {
        @{
            name   = [string]$_.Name
            system = [string]$_.FileSystem
            size   = $_.Capacity
            free   = $_.FreeSpace
            device = [string]$_.DeviceID
        }
    }
}

Read-Part 'adapters' {
    $own = @{}
    Get-Class 'Win32_NetworkAdapterConfiguration' 'IPEnabled = TRUE' | ForEach-Object { $own[[int]$_.Index] = $_ }
    Get-Class 'Win32_NetworkAdapter' 'NetConnectionID IS NOT NULL' | ForEach-Object {
        $bound = $own[[int]$_.Index]
        @{
            name      = [string]$_.NetConnectionID
            alias     = [string]$_.Name
            mac       = [string]$_.MACAddress
            up        = $_.NetConnectionStatus -eq 2
            speed     = $_.Speed
            addresses = @(if ($bound) { $bound.IPAddress | ForEach-Object { [string]$_ } })
            masks     = @(if ($bound) { $bound.IPSubnet | ForEach-Object { [string]$_ } })
        }
    }
}

Read-Part 'software' {
    $path = 'SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
    $views = @(@('Registry32', 'x86'))
    if ([System.Environment]::Is64BitOperatingSystem) { $views += , @('Registry64', 'x64') }
    foreach ($view in $views) {
        $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $view[0])
        Get-Title $hive $path $view[1] ''
        $hive.Close()
    }
}

# The hives of those who are logged on; those of others are not loaded, and nothing here loads them.
Read-Part 'user_software' {
    $hive = [Microsoft.Win32.RegistryKey]::OpenBaseKey('Users', 'Default')
    foreach ($sid in $hive.GetSubKeyNames()) {
        if ($sid -match '^S-1-(5-21|12-1)-[0-9-]+$') {
            Get-Title $hive "$sid\Software\Microsoft\Windows\CurrentVersion\Uninstall" '' (Get-Account $sid)
        }
    }
    $hive.Close()
}

# Type tells the services of one logon session, whose names end in its number, from all others.
Read-Part 'services' {
    Get-Class 'Win32_Service' | ForEach-Object {
        $type = $null
        if ($_.Name -match '_[0-9a-f]+$') {
            $key = "HKLM:\SYSTEM\CurrentControlSet\Services\$($_.Name)"
            $type = (Get-ItemProperty -LiteralPath $key -ErrorAction SilentlyContinue).Type
        }
        @{ name = [string]$_.Name; state = [string]$_.State; starts = [string]$_.StartMode; type = $type }
    }
}

Read-Part 'listeners' {
    $names = @{}
    Get-Process | ForEach-Object { $names[[int]$_.Id] = [string]$_.ProcessName }
    Get-NetTCPConnection -State Listen | ForEach-Object {
        @{ protocol = 'tcp'; address = [string]$_.LocalAddress; port = [int]$_.LocalPort; process = $names[[int]$_.OwningProcess] }
    }
    # From 49152 on UDP ports come and go by the minute, on a DNS server by the thousand.
    Get-NetUDPEndpoint | Where-Object { $_.LocalPort -lt 49152 } | ForEach-Object {
        @{ protocol = 'udp'; address = [string]$_.LocalAddress; port = [int]$_.LocalPort; process = $names[[int]$_.OwningProcess] }
    }
}

Read-Part 'defender' {
    Get-MpComputerStatus | ForEach-Object {
        $updated = $_.AntivirusSignatureLastUpdated
        @{
            enabled    = [bool]$_.AntivirusEnabled
            realtime   = [bool]$_.RealTimeProtectionEnabled
            mode       = [string]$_.AMRunningMode
            signatures = if ($updated) { $updated.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture) } else { '' }
        }
    }
}

# What Windows Security knows of other products; servers do not have it.
Read-Part 'antivirus' {
    Get-Class 'AntiVirusProduct' '' 'root/SecurityCenter2' | ForEach-Object { @{ name = [string]$_.displayName } }
}

Read-Part 'bitlocker' {
    Get-Class 'Win32_EncryptableVolume' '' 'root/cimv2/Security/MicrosoftVolumeEncryption' | ForEach-Object {
        @{ name = [string]$_.DriveLetter; protection = $_.ProtectionStatus; conversion = $_.ConversionStatus }
    }
}

# Get-LocalGroupMember fails as a whole on one member that no longer exists; ADSI lists it by its SID.
Read-Part 'administrators' {
    $group = (Get-Account 'S-1-5-32-544').Split('\')[-1]
    $members = ([ADSI]"WinNT://./$group,group").PSBase.Invoke('Members')
    foreach ($member in @($members)) {
        $path = $member.GetType().InvokeMember('ADsPath', 'GetProperty', $null, $member, $null)
        @{ path = [string]$path }
    }
}

$facts.clock_again = Get-Clock
ConvertTo-Json -InputObject $facts -Depth 5 -Compress
