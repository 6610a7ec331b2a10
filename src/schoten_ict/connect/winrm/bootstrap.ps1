# The only script that travels on a command line, always the same. It reads one JSON object from standard
# input (in base64, so that no code page touches it) and hands it to the runner that comes with it.
$ProgressPreference = 'SilentlyContinue'
$ErrorActionPreference = 'Stop'
$bytes = [System.Convert]::FromBase64String((@($input) -join ''))
$request = [System.Text.Encoding]::UTF8.GetString($bytes) | ConvertFrom-Json
& ([System.Management.Automation.ScriptBlock]::Create($request.runner)) $request
