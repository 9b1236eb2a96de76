# Reads a file that may be the client CA. Adds a digest per certificate and never the content.

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
    $lines += $(if (Test-Der $der) { Get-Digest $der } else { 'malformed' })
  }
  Add-Text 'certificates' ($lines -join "`n")
}

# Returns whether the bytes are one DER SEQUENCE of exactly their length.
function Test-Der([byte[]] $der) {
  if ($der.Length -lt 2 -or $der[0] -ne 0x30) { return $false }
  $octets = if ($der[1] -lt 0x80) { 0 } else { $der[1] - 0x80 }
  if ($octets -gt 3 -or $der.Length -lt 2 + $octets) { return $false }
  $length = if ($octets -eq 0) { [int] $der[1] } else { 0 }
  for ($i = 0; $i -lt $octets; $i++) { $length = 256 * $length + $der[2 + $i] }
  return $der.Length -eq 2 + $octets + $length
}

# Returns the SHA-256 in lower-case hex. This implementation also works if Windows allows only FIPS-validated ones.
function Get-Digest([byte[]] $bytes) {
  $sha256 = New-Object Security.Cryptography.SHA256CryptoServiceProvider
  return [BitConverter]::ToString($sha256.ComputeHash($bytes)).Replace('-', '').ToLowerInvariant()
}
