# Reads a configuration file, and every file that may be its client CA. Text that may hold a secret stays on the node.

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
    # A path without a drive is relative to the directory of the file that names it.
    if ($value -notmatch '^[A-Za-z]:[\\/]') { $value = "$($file.DirectoryName)\$value" }
    Add-ClientCA $value
  }
}

# Returns whether the text is or contains something other than a KubeletConfiguration. docs/evidence.md has the rules.
function Test-Foreign([string] $text) {
  $text = $text -replace '(?m)^[ \t]*#.*$', ''
  if ($text -cnotmatch 'KubeletConfiguration') { return $text -notmatch 'kubelet\.config\.k8s\.io' -or $text -match 'providers' }
  $kind = '(?i)kind["'']?\s*:'
  $kinds = [regex]::Matches($text, $kind).Count
  return $kinds -eq 0 -or $kinds -ne [regex]::Matches($text, $kind + '\s*["'']?kubeletconfiguration').Count
}

# staticPodURL and staticPodURLHeader may carry credentials. Escapes other than JSON's short ones, a YAML tag, the
# letter U+017F or another encoding can hide these names. A file that contains one of these counts as a file with
# credentials.
function Test-Secret([string] $text) {
  return $text -match 'staticPodURL|binary|\u017f|\x00' -or $text -cmatch '(?<!\\)(\\\\)*\\(?!["\\/bfnrt])'
}
