# Reads a file that may be the client CA or the serving certificate. Prints the digest and the beginning of each certificate and no other content,
# because the path may lead to a secret.
# Prints: file records with certificates or problem.
# Sets: list, problem. Uses: describe, look_through, late, certificates.awk.
# Limits: those of files.sh, max_certificates.
# Test: test/lib/collect/certificates.node.test.ts

max_certificates=200 # in all these files
certificates=0

client_ca() {
  describe client-ca "$1" || return 0
  [ "$kind" = file ] || return 0
  ! look_through "$certificates_awk" || digests
  if [ -n "$problem" ]; then record problem "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Describes the file of a private key without reading it.
private_key() { describe private-key "$1"; }

# Sets list to a line for each certificate in found, with a digest and the beginning, or sets problem.
digests() {
  list=''
  for line in $found; do
    IFS=' '
    # shellcheck disable=SC2086 # three words, of which the last two may be empty
    set -- $line
    IFS=$nl
    certificates=$((certificates + 1))
    [ "$certificates" -le "$max_certificates" ] || problem="more than $max_certificates certificates"
    ! late || problem="more than $max_seconds seconds"
    [ -z "$problem" ] || return
    digest=$(printf '%s' "$3" | base64 -d | sha256sum)
    [ -n "$digest" ] || problem='no digest could be computed'
    list="$list${digest%% *} $1 $2$nl"
  done
}
