$Parameters | ConvertTo-Json -Depth 10 -Compress
