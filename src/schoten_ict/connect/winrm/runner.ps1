# Runs $Request.script with $Parameters and writes one JSON object to standard output, after a record
# separator (U+001E). Texts in it are UTF-8 in base64, so that neither the code page nor the limits of
# ConvertTo-Json touch them. The exit code is 1 after a terminating error, else that of `exit` or of the last
# program.
param($Request)

$utf8 = New-Object System.Text.UTF8Encoding $false
[Console]::OutputEncoding = $utf8
$Parameters = $Request.parameters
$answer = @{
    Text    = New-Object System.Text.StringBuilder
    Errors  = New-Object System.Collections.ArrayList
    Pending = New-Object System.Collections.ArrayList
    Room    = [long]$Request.limit
    Cut     = $false
    Failed  = $false
}

function Add-Text([string]$Text) {
    $size = $utf8.GetByteCount($Text)
    if ($size -gt $answer.Room) {
        $answer.Cut = $true
        $Text = $Text.Substring(0, [Math]::Min($Text.Length, $answer.Room))
    }
    $answer.Room -= $size
    [void]$answer.Text.Append($Text)
}

# Objects are shown as on a screen, several at once so that they share a table's head. Strings pass whole:
# Out-String would wrap them.
function Add-Pending {
    if ($answer.Pending.Count -gt 0) {
        $shown = $answer.Pending | Out-String -Width 4096
        $answer.Pending.Clear()
        Add-Text $shown
    }
}

function Add-Message([string]$Text) {
    if ($answer.Errors.Count -lt 200) { [void]$answer.Errors.Add($Text) }
}

function Add-Record($Record) {
    if ($null -eq $Record) { return }
    switch ($Record.GetType().Name) {
        'ErrorRecord'       { Add-Message (Format-ErrorRecord $Record) }
        'WarningRecord'     { Add-Message "warning: $($Record.Message)" }
        'VerboseRecord'     { Add-Message "verbose: $($Record.Message)" }
        'DebugRecord'       { Add-Message "debug: $($Record.Message)" }
        'InformationRecord' { Add-Pending; Add-Text "$($Record.MessageData)`n" }
        'String'            { Add-Pending; Add-Text "$Record`n" }
        default {
            [void]$answer.Pending.Add($Record)
            if ($answer.Pending.Count -ge 5000) { Add-Pending }
        }
    }
}

function Format-ErrorRecord($Record) {
    $line = $Record.InvocationInfo.ScriptLineNumber
    if ($line) { "line ${line}: $($Record.Exception.Message)" } else { "$($Record.Exception.Message)" }
}

function ConvertTo-Field([string]$Text) {
    '"' + [System.Convert]::ToBase64String($utf8.GetBytes($Text)) + '"'
}

function Write-Answer {
    Add-Pending
    $errors = @($answer.Errors | ForEach-Object { ConvertTo-Field $_ }) -join ','
    $cut = if ($answer.Cut) { 'true' } else { 'false' }
    $text = ConvertTo-Field $answer.Text.ToString()
    $json = '{"schema":"ict-winrm/1","output":' + $text + ',"errors":[' + $errors + '],"cut":' + $cut + '}'
    $bytes = $utf8.GetBytes([char]0x1e + $json + "`n")
    $stream = [Console]::OpenStandardOutput()
    $stream.Write($bytes, 0, $bytes.Length)
    $stream.Flush()
}

$ErrorActionPreference = 'Continue'
try {
    $block = [System.Management.Automation.ScriptBlock]::Create($Request.script)
    # The loop is there for `break`, which ends the script once the output has no more room.
    do {
        & $block *>&1 | ForEach-Object {
            Add-Record $_
            if ($answer.Cut) { break }
        }
    } while ($false)
}
catch {
    $answer.Failed = $true
    Add-Message (Format-ErrorRecord $_)
}
finally {
    Write-Answer
}
if ($answer.Failed) { exit 1 }
exit [int]$global:LASTEXITCODE
