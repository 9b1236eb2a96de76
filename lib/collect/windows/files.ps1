# Reads files, and walks through a directory of drop-ins.

# Returns the bytes of a file that Add-Path returned, or why they are missing.
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

# Adds the directory of drop-ins and all directories below it. Like filepath.WalkDir, it follows no links.
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
    Add-Text 'problem' "the listing ended with an error ($($_.Exception.GetBaseException().GetType().Name))"
  }
}
