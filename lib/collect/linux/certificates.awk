# Prints one line per PEM block CERTIFICATE that encoding/pem of Go finds: its base64, or "malformed" if it does not
# have the form of an X.509 certificate (RFC 5280, 4.1). Skips blocks with headers or without valid base64, as the
# kubelet does. Test: test/lib/collect/certificates.node.test.ts

# Returns the value of the i-th base64 letter of body.
function six(i) { return index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", substr(body, i, 1)) - 1 }

function octet(i,   at) {
  at = 4 * int(i / 3) + i % 3 + 1
  return six(at) * (i % 3 == 0 ? 4 : i % 3 == 1 ? 16 : 64) % 256 + int(six(at + 1) / (i % 3 == 0 ? 16 : i % 3 == 1 ? 4 : 1))
}

# Reads the head of the DER element at octet i. Sets inner to the start of its content and returns the start of the next
# element. Returns -1 if the element has another tag or ends after limit.
function element(i, tag, limit,   octets, bytes) {
  if (i < 0 || i + 2 > limit || octet(i) != tag) return -1
  bytes = octet(i + 1)
  inner = i + 2
  if (bytes >= 128) {
    octets = bytes - 128
    if (octets < 1 || octets > 3 || inner + octets > limit) return -1
    for (bytes = 0; octets > 0; octets--) bytes = bytes * 256 + octet(inner++)
  }
  return inner + bytes <= limit ? inner + bytes : -1
}

# SEQUENCE { SEQUENCE { [0] version, INTEGER serial, SEQUENCE signature, issuer, validity, subject, key, … }, SEQUENCE,
# BIT STRING }
function is_certificate(end,   whole, rest, i) {
  whole = element(0, 48, end)
  rest = element(inner, 48, whole)
  if (whole != end || rest < 0) return 0
  i = inner
  if (octet(i) == 160) i = element(i, 160, rest)
  i = element(i, 2, rest)
  i = element(element(element(element(element(i, 48, rest), 48, rest), 48, rest), 48, rest), 48, rest)
  return i > 0 && element(element(rest, 48, whole), 3, whole) == whole
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
    print is_certificate(length(body) / 4 * 3 - padding) ? body : "malformed"
  }
  open = 0
}
open {
  gsub(/[ \t]/, "")
  part = part $0
  # Appending many short pieces to one long text would take quadratic time.
  if (length(part) > 4096) { body = body part; part = "" }
}
