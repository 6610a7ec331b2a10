# Asks an instance of SQL Server as the account of this session (Integrated Security). $Parameters.queries are
# the queries of mssql.sql by name; $Parameters.verify, where it is given, are backups to read from their files:
# that reads them whole and restores nothing.
$until = [DateTime]::UtcNow.AddSeconds([double]$Parameters.seconds)
$words = New-Object System.Collections.ArrayList
$state = @{ connection = $null; clock = [DateTime]::Now }

function Get-Left { [int][Math]::Max(1, ($until - [DateTime]::UtcNow).TotalSeconds) }

function Get-Connection {
    $builder = New-Object System.Data.SqlClient.SqlConnectionStringBuilder
    $builder['Data Source'] = [string]$Parameters.instance
    $builder['Initial Catalog'] = 'master'
    $builder['Integrated Security'] = $true
    $builder['Connect Timeout'] = 15
    $builder['Application Name'] = 'ict'
    $connection = New-Object System.Data.SqlClient.SqlConnection $builder.ConnectionString
    $connection.Open()
    $connection
}

# Numbers longer than JSON's, names and times go as text; times as the server wrote them.
function Get-Value($Value) {
    if ($Value -is [System.DBNull]) { return $null }
    if ($Value -is [DateTime]) {
        return $Value.ToString('yyyy-MM-ddTHH:mm:ss', [System.Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Value -is [decimal] -or $Value -is [guid]) { return [string]$Value }
    $Value
}

function Read-Rows([string]$Query) {
    $command = $state.connection.CreateCommand()
    $command.CommandText = $Query
    $command.CommandTimeout = Get-Left
    if ($Query.Contains('@since')) {
        $since = $command.Parameters.Add('@since', [System.Data.SqlDbType]::DateTime)
        $since.Value = $state.clock.AddDays(-[int]$Parameters.days)
    }
    $reader = $command.ExecuteReader()
    try {
        while ($reader.Read()) {
            $row = @{}
            for ($column = 0; $column -lt $reader.FieldCount; $column++) {
                $row[$reader.GetName($column)] = Get-Value $reader.GetValue($column)
            }
            $row
        }
    }
    finally {
        $reader.Close()
        $command.Dispose()
    }
}

# Message 3262 says that a backup set is valid. Its text is in the language of the server, its number is not.
function Test-Backup($Backup, [bool]$Checksum) {
    $words.Clear()
    $command = $state.connection.CreateCommand()
    $command.CommandTimeout = Get-Left
    $devices = @()
    foreach ($path in @($Backup.paths)) {
        $name = '@path{0}' -f $devices.Count
        $device = if ($path -match '^https?://') { 'URL' } else { 'DISK' }
        $devices += '{0} = {1}' -f $device, $name
        [void]$command.Parameters.AddWithValue($name, [string]$path)
    }
    [void]$command.Parameters.AddWithValue('@file', [int]$Backup.position)
    $check = if ($Checksum) { 'CHECKSUM' } else { 'NO_CHECKSUM' }
    $command.CommandText = 'RESTORE VERIFYONLY FROM {0} WITH FILE = @file, {1}, STOP_ON_ERROR' -f ($devices -join ', '), $check
    $number = 0
    $message = ''
    try { [void]$command.ExecuteNonQuery() }
    catch {
        $cause = $_.Exception.GetBaseException()
        $number = if ($null -ne $cause.Number) { $cause.Number } else { -3 }
        $message = [string]$cause.Message
    }
    $command.Dispose()
    @{
        id = [string]$Backup.id; checksum = $Checksum; number = $number; message = $message
        valid = $words.Contains(3262)
    }
}

Read-Part 'connection' {
    $state.connection = Get-Connection
    @{ state = [string]$state.connection.State }
}

if ($null -ne $state.connection -and $null -ne $Parameters.verify) {
    $listen = {
        param($from, $happened)
        foreach ($each in $happened.Errors) { [void]$words.Add([int]$each.Number) }
    }.GetNewClosure()
    $state.connection.add_InfoMessage($listen)
    Read-Part 'verified' {
        foreach ($backup in @($Parameters.verify)) {
            if ([DateTime]::UtcNow -ge $until) { break }
            $found = Test-Backup $backup $true
            # 3187: it was written without checksums, so there are none to check.
            if ($found.number -eq 3187) { $found = Test-Backup $backup $false }
            $found
        }
    }
}
elseif ($null -ne $state.connection) {
    Read-Part 'server' { Read-Rows $Parameters.queries.server }
    $server = @($told.parts['server'])[0]
    if ($null -ne $server -and $server.clock) {
        $state.clock = [DateTime]::ParseExact(
            $server.clock, 'yyyy-MM-ddTHH:mm:ss', [System.Globalization.CultureInfo]::InvariantCulture)
    }
    foreach ($name in 'databases', 'sets', 'logs', 'media') {
        Read-Part $name { Read-Rows $Parameters.queries.$name }
    }
    if ($null -ne $server -and $server.hadr -eq 1) {
        Read-Part 'replicas' { Read-Rows $Parameters.queries.replicas }
    }
}

if ($null -ne $state.connection) { $state.connection.Dispose() }
Write-Told
