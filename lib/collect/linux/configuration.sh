# Reads a configuration file or drop-in, and every file that may be its client CA, serving certificate or key. Text that may hold a secret stays on
# the node.
# Prints: file records with content, part or problem.
# Sets: nothing for other parts. Uses: describe, look_through, client_ca, private_key, configuration.awk; cwd, the directory of the
# process.
# Limits: those of files.sh and configuration.awk.
# Tests: test/lib/collect/secrets.node.test.ts, certificates.node.test.ts

configuration() {
  describe configuration "$1" || return 0
  [ "$kind" = file ] || return 0
  names=''
  if look_through "$configuration_awk"; then
    outcome=${found%%"$nl"*} found=${found#*"$nl"}
    names=${found%%"$nl"*} found=${found#*"$nl"}
    case $outcome in content | part) record "$outcome" "$found" ;; *) problem=$outcome names='' ;; esac
  fi
  [ -z "$problem" ] || record problem "$problem"
  IFS=$us
  for named in $names; do
    IFS=$nl pem=client_ca
    case $named in k*) pem=private_key ;; esac
    named=${named#?}
    case $named in *"$soh"*) named=$(printf '%sx' "$named" | tr '\001' '\n') named=${named%x} ;; esac
    ! as_given "$cwd" "$named" || "$pem" "$path"
    # The base of a relative path depends on the version: the directory of the kubelet's process, of the main file, or of
    # the drop-in (1.28).
    case $named in /*) ;; *) ! lexical "${1%/*}/." "$named" || "$pem" "$path" ;; esac
  done
  IFS=$nl
}
