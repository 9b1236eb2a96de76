# Reads a file that may be the client CA. Adds the digest and the beginning of each certificate, and never
# other content.

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
    # A block without valid base64 is skipped, as in Go's encoding/pem.
    try { $der = [Convert]::FromBase64String($block.Groups[1].Value) } catch { continue }
    $head = [Convert]::ToBase64String($der, 0, [Math]::Min(48, $der.Length))
    $lines += "$(Get-Digest $der) $($der.Length) $head"
  }
  Add-Text 'certificates' ($lines -join "`n")
}

# Returns the SHA-256 in lower-case hex. This implementation also works if Windows allows only FIPS-validated ones.
function Get-Digest([byte[]] $bytes) {
  $sha256 = New-Object Security.Cryptography.SHA256CryptoServiceProvider
  return [BitConverter]::ToString($sha256.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
}
