# The kubelets of the node, and all files that they may name.

# Adds one kubelet: its user and start time, its command line, and all files that it may name.
function Add-Kubelet($process) {
  Add-Text 'process' "$($process.ProcessId)"
  Add-Text 'ppid' "$($process.ParentProcessId)"
  Add-Text 'started' "$(Get-Epoch $process.CreationDate)"
  try { $owner = (Invoke-CimMethod -InputObject $process -MethodName GetOwnerSid).Sid } catch { $owner = $null }
  if ($owner) { Add-Text 'owner' $owner }
  # The kubelet runs as LocalSystem. A process of another user, such as one in a container, is not read further.
  if ($owner -and $owner -ne 'S-1-5-18') { return }
  if ($process.ExecutablePath) {
    Add-Text 'exe' $process.ExecutablePath
    # If the owner is unknown, the process may belong to a user and have ended already, so its program is not run.
    $said = if ($owner) { Get-Version $process.ExecutablePath }
    if ($said) { Add-Text 'version' $said }
  }
  $commandLine = "$($process.CommandLine)"
  if ($commandLine -eq '' -or $commandLine.Length -gt $maxCommandLine) { Add-Text 'remark' 'the command line cannot be read'; return }
  $refusal = Get-Refusal $commandLineSteps $commandLine
  if ($refusal -ne '') { Add-Text 'remark' $refusal }
  else {
    Add-Text 'command-line' $commandLine
    Add-NamedFiles $commandLine
  }
}

# Returns the version that the running binary prints with --version.
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

# Adds each file that may be the value of a flag in Add-Named. In "--x --config C:\k.yaml", --config may be a flag or the
# value of --x, so the file is added.
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
