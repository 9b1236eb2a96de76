# Records, limits, and settings for every part.

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$maxFile = 256KB       # of one file; a kubelet's configuration has a few thousand bytes
$maxTotal = 1MB        # of all files
$maxCommandLine = 64KB # characters; Windows allows 32,767
$maxFiles = 200        # paths described
$maxDropIns = 64       # *.conf files; the same limit applies to directories
$maxCertificates = 200 # in all client CA files
$maxProcesses = 8      # kubelets, look-alikes included
$maxSeconds = 10       # after this time no more files are read; WMI alone may take several seconds
$versionMilliseconds = 2000
$searchTime = [timespan]::FromSeconds(2) # for one pattern in one text

$clock = [Diagnostics.Stopwatch]::StartNew()
$payload = New-Object IO.MemoryStream
$seen = @{}
$count = @{ files = 0; bytes = 0; dropIns = 0; directories = 0; certificates = 0 }

function Add-Bytes([string] $name, [byte[]] $value) {
  $head = [Text.Encoding]::ASCII.GetBytes("$name $($value.Length)`n")
  $payload.Write($head, 0, $head.Length)
  $payload.Write($value, 0, $value.Length)
  $payload.WriteByte(10)
}

function Add-Text([string] $name, [string] $text) { Add-Bytes $name ([Text.Encoding]::UTF8.GetBytes($text)) }

function Get-Epoch([datetime] $moment) {
  return [long] [Math]::Floor(($moment.ToUniversalTime() - (New-Object DateTime 1970, 1, 1)).TotalSeconds)
}
