# Finds the PEM blocks CERTIFICATE that encoding/pem of Go finds. Skips blocks with headers or without valid base64, as
# the kubelet does.
# Prints: one line per block: the number of its bytes, its first 64 letters of base64 (48 bytes), and its base64.
# Uses: no variables.
# Limits: those of files.sh.
# Tests: test/lib/collect/certificates.node.test.ts, awk-programs.node.test.ts

BEGIN { open = 0; body = "" }
/^-----/ { sub(/[ \t\r]+$/, "") } # the last rule removes the blanks of other lines
/^-----BEGIN / { open = $0 == "-----BEGIN CERTIFICATE-----"; body = ""; next }
/^-----END / && open && $0 == "-----END CERTIFICATE-----" && length(body) % 4 == 0 && body ~ "^[A-Za-z0-9+/]*=?=?$" {
  print length(body) / 4 * 3 - gsub(/=/, "=", body), substr(body, 1, 64), body # gsub returns the number of padding letters
}
/^-----END / { open = 0 }
open { gsub(/[ \t\r]/, ""); body = body $0 }
