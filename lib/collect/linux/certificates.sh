# Reads a file that may be the client CA. Prints a digest per certificate and never the content, because the path may
# lead to a secret.
# Prints: file records with certificates or problem. Sets: list, problem. Uses: certificates.awk.
# Limits: those of files.sh, max_certificates. Tests: test/lib/collect/certificates.node.test.ts

max_certificates=200 # in all client CA files
certificates=0

client_ca() {
  describe client-ca "$1" || return 0
  [ "$kind" = file ] || return 0
  list=''
  ! look_through "$certificates_awk" || digests
  if [ -n "$problem" ]; then record problem "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Sets list to a digest or the word "malformed" for each line of found, or sets problem.
digests() {
  list=''
  for block in $found; do
    certificates=$((certificates + 1))
    if [ "$certificates" -gt "$max_certificates" ]; then
      problem="more than $max_certificates certificates"
      return
    fi
    if late; then
      problem="more than $max_seconds seconds"
      return
    fi
    [ "$block" = malformed ] || block=$(printf '%s' "$block" | base64 -d | sha256sum)
    list=$list${block%% *}$nl
  done
}
