# One line per PEM block CERTIFICATE as encoding/pem of Go finds them: its base64, or "malformed" unless that is one whole
# SEQUENCE of DER. Blocks with headers or without proper base64 are passed over, as the kubelet does.
# Test: test/lib/collect/certificates.node.test.ts

# The value of the base64 letter that stands i-th in body.
function six(i) { return index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", substr(body, i, 1)) - 1 }

# Whether body is one SEQUENCE of DER that ends where body does, which has so many bytes: a file that was cut is not.
function is_sequence(bytes,   long, declared) {
  if (body !~ /^M[A-P]/) return 0
  long = six(2) % 16 * 16 + int(six(3) / 4)
  declared = six(3) % 4 * 64 + six(4)
  if (long < 128) return bytes == 2 + long
  if (long == 129) return bytes == 3 + declared
  declared = declared * 256 + six(5) * 4 + int(six(6) / 16)
  if (long == 130) return bytes == 4 + declared
  return long == 131 && bytes == 5 + declared * 256 + six(6) % 16 * 16 + int(six(7) / 4)
}

function trimmed(s,   last) {
  for (last = length(s); last && index(" \t\r", substr(s, last, 1)); last--) continue
  return last ? substr(s, 1, last) : ""
}

BEGIN { open = 0; body = part = "" }
{ $0 = trimmed($0) }
/^-----BEGIN / { open = $0 == "-----BEGIN CERTIFICATE-----"; body = part = ""; next }
/^-----END / {
  body = body part
  if (open && $0 == "-----END CERTIFICATE-----" && length(body) % 4 == 0 && body ~ /^[A-Za-z0-9+\/]*=?=?$/) {
    padding = body ~ /==$/ ? 2 : body ~ /=$/ ? 1 : 0
    print is_sequence(length(body) / 4 * 3 - padding) ? body : "malformed"
  }
  open = 0
}
open {
  gsub(/[ \t]/, "")
  part = part $0
  # Many short pieces appended to one long text would take quadratic time.
  if (length(part) > 4096) { body = body part; part = "" }
}
