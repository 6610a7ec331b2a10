# What the scripts about Windows updates begin with: one answer of parts and errors. Only reads; Windows
# PowerShell 4 and 5.1. The answer is one JSON object: `parts` holds a list per question, `errors` why one was not
# answered. $Parameters.most bounds every list. Nothing is looked up by a name that Windows translates.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$most = [int]$Parameters.most
$told = @{ schema = 'ict-patch/1'; parts = @{}; errors = @{} }

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
            $told.errors[$Name] = @{ message = "more than $most entries"; hresult = ''; id = 'TooMany' }
            $found = @($found[0..($most - 1)])
        }
        $told.parts[$Name] = $found
    }
    catch {
        $told.errors[$Name] = Get-Reason $_
    }
}

# Event logs give local times and say so; the update agent and WSUS give UTC and say nothing. "Never" is the
# year 1 or 1601.
function Get-Utc($Moment) {
    if ($Moment -isnot [DateTime] -or $Moment.Year -lt 1980) { return '' }
    if ($Moment.Kind -eq [System.DateTimeKind]::Local) { $Moment = $Moment.ToUniversalTime() }
    $Moment.ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture)
}

function Write-Told { ConvertTo-Json -InputObject $told -Depth 6 -Compress }
