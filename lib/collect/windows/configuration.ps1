# Reads a configuration file, and every file that may be its client CA. Text that may hold a secret stays on the node.

function Add-Configuration([string] $path) {
  $file = Add-Path 'configuration' $path
  if ($file -isnot [IO.FileInfo]) { return }
  $read = Read-File $file
  if ($read.problem -eq '') {
    # Latin-1 has one character per byte.
    $read.problem = Get-Refusal $contentSteps ([Text.Encoding]::GetEncoding(28591).GetString($read.bytes))
  }
  if ($read.problem -ne '') { Add-Text 'problem' $read.problem; return }
  Add-Bytes 'content' $read.bytes
  $text = [Text.Encoding]::UTF8.GetString($read.bytes)
  foreach ($named in [regex]::Matches($text, 'clientCAFile["'']?\s*:\s*("[^"\r\n]*"|[^\r\n,}#]+)', 'IgnoreCase, CultureInvariant')) {
    $value = $named.Groups[1].Value.Trim().Trim('"', "'").Replace('\\', '\')
    if ($value -eq '') { continue }
    # A path without a drive is relative to the directory of the file that names it.
    if ($value -notmatch '^[A-Za-z]:[\\/]') { $value = "$($file.DirectoryName)\$value" }
    Add-ClientCA $value
  }
}

# Returns why the text stays on the node, or ''. lib/windows-steps.ts describes the steps.
function Get-Refusal([string[]] $steps, [string] $text) {
  $text = "`n" + $text.ToLowerInvariant() + "`n"
  try {
    for ($i = 0; $i -lt $steps.Length; $i += 3) {
      $action = $steps[$i]; $pattern = $steps[$i + 1]; $rest = $steps[$i + 2]
      if ($action -eq 'replace') {
        for ($pass = 0; $pass -lt 16; $pass++) { $text = [regex]::Replace($text, $pattern, $rest, 'CultureInvariant', $searchTime) }
      } elseif ([regex]::IsMatch($text, $pattern, 'CultureInvariant', $searchTime) -eq ($action -eq 'refuse')) { return $rest }
    }
  } catch { return "it cannot be searched ($($_.Exception.GetBaseException().GetType().Name))" }
  return ''
}
