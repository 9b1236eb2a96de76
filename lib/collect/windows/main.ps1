# The order of the records, and the frame around them.

try {
  Add-Text 'now' "$(Get-Epoch ([datetime]::UtcNow))"
  $system = Get-CimInstance Win32_OperatingSystem
  Add-Text 'os' "ID=windows`nVERSION_ID=$($system.Version)`nPRETTY_NAME=`"$($system.Caption.Trim())`""
  $kubelets = @(Get-CimInstance Win32_Process -Filter "Name='kubelet.exe'")
  if ($kubelets.Length -gt $maxProcesses) { Add-Text 'remark' "$($kubelets.Length) kubelets, of which $maxProcesses are reported" }
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
# Written to the console directly, because PowerShell's own output would break the line.
[Console]::Out.Write("eks-kubelet-evidence 1`nBEGIN`n$base64`nEND $($base64.Length) $digest`n")
exit 0
