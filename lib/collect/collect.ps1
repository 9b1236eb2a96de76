# Prints how the kubelet on this Windows node was started and configured; docs/evidence.md describes the output.
# Reads only: no file is written, no network asked, no secret sent. The script collects, the auditor decides.
# For Windows PowerShell 5.1, which Run Command uses; the text is ASCII and takes no parameters.

Set-StrictMode -Version 2
$ErrorActionPreference = 'Stop'

$maxFile = 256KB       # of one file; a kubelet's configuration has a few thousand bytes
$maxTotal = 1MB        # of all files
$maxCommandLine = 64KB # characters; Windows allows 32,767
$maxFiles = 200        # paths looked at
$maxDropIns = 64       # *.conf files, and as many directories
$maxCertificates = 200 # in all client CA files
$maxProcesses = 8      # kubelets, look-alikes included
$maxSeconds = 10       # after which no more files are looked at; WMI alone may take some
$versionMilliseconds = 2000

$clock = [Diagnostics.Stopwatch]::StartNew()
$payload = New-Object IO.MemoryStream
$seen = @{}
$count = @{ files = 0; bytes = 0; dropIns = 0; directories = 0; certificates = 0 }

# --- records: a name, the length of the value in bytes, a newline, the value, a newline

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

# --- files

# Nothing but an ordinary path on a local disk is opened: no share, no pipe, no device, no stream of a file.
function Test-LocalPath([string] $path) {
  if ($path -notmatch '^[A-Za-z]:[\\/][^:*?"<>|]*$') { return $false }
  if ($path -match '[\\/](con|prn|aux|nul|com\d|lpt\d)\s*(\.|[\\/]|$)') { return $false }
  return ([IO.DriveInfo] $path.Substring(0, 1)).DriveType -eq 'Fixed'
}

# Opens the record of a path, once per purpose, and returns what stands there if it can be looked into.
function Add-Path([string] $purpose, [string] $path) {
  $key = "$purpose $path".ToLowerInvariant()
  if ($seen.ContainsKey($key)) { return }
  $seen[$key] = $true
  if ($count.files -ge $maxFiles -or $clock.Elapsed.TotalSeconds -ge $maxSeconds) {
    Add-Text 'remark' "more than $maxFiles files or $maxSeconds seconds"
    return
  }
  $count.files++
  Add-Text 'file' $path
  try {
    if (-not (Test-LocalPath $path)) { throw (New-Object NotSupportedException) }
    $item = New-Object IO.FileInfo $path
    $attributes = [int] $item.Attributes # -1: there is nothing
    $isDirectory = ($attributes -band 0x10) -ne 0
    $isLink = ($attributes -band 0x400) -ne 0
    if ($attributes -eq -1) { Add-Text 'kind' 'missing'; return }
    if ($isDirectory) { $item = New-Object IO.DirectoryInfo $path }
    $size = if ($isDirectory) { 0 } else { $item.Length }
    $modified = Get-Epoch $item.LastWriteTimeUtc
  } catch {
    Add-Text 'kind' 'missing'
    Add-Text 'problem' "it cannot be looked at ($($_.Exception.GetBaseException().GetType().Name))"
    return
  }
  Add-Text 'kind' $(if ($isDirectory) { 'directory' } else { 'file' })
  Add-Text 'modified' "$modified $size"
  if ($isLink) { Add-Text 'problem' 'it is a link, and links are not followed' } else { return $item }
}

# The bytes of a file that Add-Path has opened, or why they are not there.
function Read-File([IO.FileInfo] $file) {
  $answer = @{ bytes = $null; problem = '' }
  if ($file.Length -gt $maxFile) { $answer.problem = "it is larger than $maxFile bytes" }
  elseif ($count.bytes + $file.Length -gt $maxTotal) { $answer.problem = "all files together are larger than $maxTotal bytes" }
  else {
    try { $answer.bytes = [IO.File]::ReadAllBytes($file.FullName) }
    catch { $answer.problem = "it cannot be read ($($_.Exception.GetBaseException().GetType().Name))" }
  }
  if ($null -ne $answer.bytes) { $count.bytes += $answer.bytes.Length }
  return $answer
}

# A configuration file or drop-in: its bytes, and every client CA it may name.
function Add-Configuration([string] $path) {
  $file = Add-Path 'configuration' $path
  if ($file -isnot [IO.FileInfo]) { return }
  $read = Read-File $file
  if ($read.problem -eq '') {
    $text = [Text.Encoding]::UTF8.GetString($read.bytes)
    if (Test-Foreign $text) { $read.problem = 'it may be something other than a KubeletConfiguration' }
    elseif (Test-Secret $text) { $read.problem = 'it may hold a secret, so its content stays on the node' }
  }
  if ($read.problem -ne '') { Add-Text 'problem' $read.problem; return }
  Add-Bytes 'content' $read.bytes
  foreach ($named in [regex]::Matches($text, '(?i)clientCAFile["'']?\s*:\s*("[^"\r\n]*"|[^\r\n,}#]+)')) {
    $value = $named.Groups[1].Value.Trim().Trim('"', "'").Replace('\\', '\')
    if ($value -eq '') { continue }
    # Without a drive it is meant from the directory of the file that names it.
    if ($value -notmatch '^[A-Za-z]:[\\/]') { $value = "$($file.DirectoryName)\$value" }
    Add-ClientCA $value
  }
}

# Whether the text is, or holds, something other than a KubeletConfiguration; docs/evidence.md says what is told apart how.
function Test-Foreign([string] $text) {
  if ($text -cnotmatch 'KubeletConfiguration') { return $text -notmatch 'kubelet\.config\.k8s\.io' -or $text -match 'providers' }
  $kind = '(?i)kind["'']?\s*:\s*["'']?'
  return [regex]::Matches($text, $kind + '[a-z]').Count -ne [regex]::Matches($text, $kind + 'kubeletconfiguration').Count
}

# staticPodURL and staticPodURLHeader may carry credentials. Their names may hide behind escapes other than JSON's own
# short ones, behind a YAML tag, an odd letter or another encoding; then the file counts as holding them.
function Test-Secret([string] $text) {
  return $text -match 'staticPodURL|binary|\u017f|\x00' -or $text -cmatch '(?<!\\)(\\\\)*\\(?!["\\/bfnrt])'
}

# A file that may be the client CA: a digest per certificate, and never its content, whatever the path points at.
function Add-ClientCA([string] $path) {
  $file = Add-Path 'client-ca' $path
  if ($file -isnot [IO.FileInfo]) { return }
  $read = Read-File $file
  if ($read.problem -ne '') { Add-Text 'problem' $read.problem; return }
  $text = [Text.Encoding]::ASCII.GetString($read.bytes)
  $lines = @()
  foreach ($block in [regex]::Matches($text, '(?m)^-----BEGIN CERTIFICATE-----[ \t\r]*\n([A-Za-z0-9+/=\s]*)^-----END CERTIFICATE-----')) {
    $count.certificates++
    if ($count.certificates -gt $maxCertificates) { Add-Text 'problem' "more than $maxCertificates certificates"; return }
    # A block without proper base64 is passed over, as Go's encoding/pem does.
    try { $der = [Convert]::FromBase64String($block.Groups[1].Value) } catch { continue }
    $lines += $(if (Test-Der $der) { Get-Digest $der } else { 'malformed' })
  }
  Add-Text 'certificates' ($lines -join "`n")
}

# One DER SEQUENCE of just that length.
function Test-Der([byte[]] $der) {
  if ($der.Length -lt 2 -or $der[0] -ne 0x30) { return $false }
  $octets = if ($der[1] -lt 0x80) { 0 } else { $der[1] - 0x80 }
  if ($octets -gt 3 -or $der.Length -lt 2 + $octets) { return $false }
  $length = if ($octets -eq 0) { [int] $der[1] } else { 0 }
  for ($i = 0; $i -lt $octets; $i++) { $length = 256 * $length + $der[2 + $i] }
  return $der.Length -eq 2 + $octets + $length
}

# SHA-256 in lower-case hex, by the one implementation that also works where only FIPS-validated ones may.
function Get-Digest([byte[]] $bytes) {
  $sha256 = New-Object Security.Cryptography.SHA256CryptoServiceProvider
  return [BitConverter]::ToString($sha256.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
}

# The directory of drop-ins and all below it, as filepath.WalkDir goes: into no link.
function Add-DropIns([string] $path) {
  $directory = Add-Path 'directory' $path
  if ($directory -isnot [IO.DirectoryInfo]) { return }
  $count.directories++
  try {
    foreach ($entry in $directory.EnumerateFileSystemInfos()) {
      if ($count.directories -gt $maxDropIns -or $count.dropIns -gt $maxDropIns -or $clock.Elapsed.TotalSeconds -ge $maxSeconds) {
        throw (New-Object OverflowException)
      }
      if ($entry -is [IO.DirectoryInfo] -and ([int] $entry.Attributes -band 0x400) -eq 0) { Add-DropIns $entry.FullName }
      elseif ($entry.Extension -ceq '.conf') { $count.dropIns++; Add-Configuration $entry.FullName }
    }
  } catch {
    Add-Text 'file' $path
    Add-Text 'kind' 'directory'
    Add-Text 'problem' "not all of it was read ($($_.Exception.GetBaseException().GetType().Name))"
  }
}

# --- processes

# One kubelet: who runs it and since when, its command line, and all files that it may name.
function Add-Kubelet($process) {
  Add-Text 'process' "$($process.ProcessId)"
  Add-Text 'ppid' "$($process.ParentProcessId)"
  Add-Text 'started' "$(Get-Epoch $process.CreationDate)"
  try { $owner = (Invoke-CimMethod -InputObject $process -MethodName GetOwnerSid).Sid } catch { $owner = $null }
  if ($owner) { Add-Text 'owner' $owner }
  # Whoever is not LocalSystem only looks like the node's kubelet; containers have users of their own.
  if ($owner -and $owner -ne 'S-1-5-18') { return }
  if ($process.ExecutablePath) {
    Add-Text 'exe' $process.ExecutablePath
    # Nothing is run of a process that may be a user's: it can be gone before it tells whose it was.
    $said = if ($owner) { Get-Version $process.ExecutablePath }
    if ($said) { Add-Text 'version' $said }
  }
  $commandLine = "$($process.CommandLine)"
  # --manifest-url and its headers may carry credentials.
  if ($commandLine -match 'manifest[-_]url') { Add-Text 'remark' 'the command line may hold a secret, so it stays on the node' }
  elseif ($commandLine -eq '' -or $commandLine.Length -gt $maxCommandLine) { Add-Text 'remark' 'the command line cannot be read' }
  else {
    Add-Text 'command-line' $commandLine
    Add-NamedFiles $commandLine
  }
}

# What the running binary calls itself. It prints that and ends.
function Get-Version([string] $exe) {
  if ([IO.Path]::GetFileName($exe) -ne 'kubelet.exe' -or -not (Test-LocalPath $exe)) { return '' }
  $start = New-Object Diagnostics.ProcessStartInfo $exe, '--version'
  $start.UseShellExecute = $false
  $start.RedirectStandardOutput = $true
  $start.RedirectStandardError = $true
  try {
    $run = [Diagnostics.Process]::Start($start)
    if (-not $run.WaitForExit($versionMilliseconds)) { $run.Kill(); return '' }
    return $run.StandardOutput.ReadLine()
  } catch { return '' }
}

# Every value that these flags may have, without asking whether another flag swallowed them.
function Add-NamedFiles([string] $commandLine) {
  $wanted = ''
  foreach ($match in [regex]::Matches($commandLine, '([^\s"]|"[^"]*"?)+')) {
    $word = $match.Value.Replace('"', '')
    if ($wanted -ne '') { Add-Named $wanted $word }
    $wanted = ''
    if (-not ($word -match '^--([^=]+)(=(.*))?$')) { continue }
    $name = $Matches[1].Replace('_', '-')
    if ($Matches.ContainsKey(3)) { Add-Named $name $Matches[3] } else { $wanted = $name }
  }
}

function Add-Named([string] $flag, [string] $path) {
  if ($path -notmatch '^[A-Za-z]:[\\/]') { Add-Text 'remark' "--$flag names no path on a local disk"; return }
  switch ($flag) {
    'config' { Add-Configuration $path }
    'config-dir' { Add-DropIns $path }
    'kubeconfig' { [void] (Add-Path 'kubeconfig' $path) }
    'client-ca-file' { Add-ClientCA $path }
  }
}

# --- the node

try {
  Add-Text 'now' "$(Get-Epoch ([datetime]::UtcNow))"
  $system = Get-CimInstance Win32_OperatingSystem
  Add-Text 'os' "ID=windows`nVERSION_ID=$($system.Version)`nPRETTY_NAME=`"$($system.Caption.Trim())`""
  $kubelets = @(Get-CimInstance Win32_Process -Filter "Name='kubelet.exe'")
  if ($kubelets.Length -gt $maxProcesses) { Add-Text 'remark' "$($kubelets.Length) kubelets, $maxProcesses are reported" }
  $kubelets | Sort-Object ProcessId | Select-Object -First $maxProcesses | ForEach-Object { Add-Kubelet $_ } | Out-Null
  Add-Bytes 'end' @()
} catch {
  Add-Text 'remark' "the script stopped ($($_.Exception.GetBaseException().GetType().Name))"
}

$records = $payload.ToArray()
$packed = New-Object IO.MemoryStream
$gzip = New-Object IO.Compression.GZipStream $packed, ([IO.Compression.CompressionLevel]::Optimal)
$gzip.Write($records, 0, $records.Length)
$gzip.Dispose()
$base64 = [Convert]::ToBase64String($packed.ToArray())
$digest = Get-Digest ([Text.Encoding]::ASCII.GetBytes($base64))
# Not through PowerShell's own output, which would break the line.
[Console]::Out.Write("eks-kubelet-evidence 1`nBEGIN`n$base64`nEND $($base64.Length) $digest`n")
exit 0
