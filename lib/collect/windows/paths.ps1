# The files at paths of the node.

# Returns whether the path is on a local disk and is not a share, pipe, device or stream of a file.
function Test-LocalPath([string] $path) {
  if ($path -notmatch '^[A-Za-z]:[\\/][^:*?"<>|]*$') { return $false }
  if ($path -match '[\\/](con|prn|aux|nul|com\d|lpt\d)\s*(\.|[\\/]|$)') { return $false }
  return ([IO.DriveInfo] $path.Substring(0, 1)).DriveType -eq 'Fixed'
}

# Adds the record of a path, unless the path already has one for this purpose. Returns the file or directory if the
# collector may read it.
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
    $attributes = [int] $item.Attributes # -1: nothing exists at the path
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
