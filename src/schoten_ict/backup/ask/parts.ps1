# What the scripts of this folder begin with: one answer of parts and errors. Only reads; Windows PowerShell 4
# and 5.1. The answer is one JSON object: `parts` holds a list per question, `errors` why one was not answered.
# Times are made text in UTC here, because only this machine knows its zone.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$most = [int]$Parameters.most
$told = @{ schema = 'ict-backup/1'; parts = @{}; errors = @{} }

function Get-Reason($Record) {
    $cause = $Record.Exception.GetBaseException()
    @{
        message = [string]$cause.Message
        hresult = '0x{0:x8}' -f $cause.HResult
        id      = [string]$Record.FullyQualifiedErrorId
        number  = $cause.Number
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

# The products write "never" as a date of the year 1 or 1601.
function Get-Utc($Moment) {
    if ($Moment -isnot [DateTime] -or $Moment.Year -lt 1980) { return '' }
    $Moment.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [System.Globalization.CultureInfo]::InvariantCulture)
}

function Get-Code($Number) {
    if ($null -eq $Number) { return '' }
    '0x{0:x8}' -f $Number
}

function Write-Told { ConvertTo-Json -InputObject $told -Depth 6 -Compress }
