# Removes the values of --manifest-url and --manifest-url-header from a command line, because they may be credentials.
# The input has byte 31 after each element. The replacement is a valid value of both flags.
# Prints: the command line; nothing if a separate value begins with "--", because it could be a flag.
# Uses: no variables.
# Limits: those of processes.sh.
# Tests: test/lib/collect/secrets.node.test.ts, awk-programs.node.test.ts

BEGIN { RS = sprintf("%c", 31); kept = ""; secret = unclear = 0 }
{
  if (secret && /^--/) unclear = 1
  if (secret && $0 != "") $0 = "withheld:withheld"
  if (match($0, /^--manifest[-_]url([-_]header)?=/) && length($0) > RLENGTH) $0 = substr($0, 1, RLENGTH) "withheld:withheld"
  secret = $0 ~ /^--manifest[-_]url([-_]header)?$/
  kept = kept $0 RS
}
END { if (!unclear) printf "%s", kept }
