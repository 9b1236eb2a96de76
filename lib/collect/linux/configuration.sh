# Reads a configuration file or drop-in, and every file that may be its client CA. Text that may hold a secret stays on
# the node.
# Prints: file records with content, part or problem. Uses: configuration.awk. Limits: those of files.sh, and 64 client
# CAs in a file. Tests: test/lib/collect/secrets.node.test.ts, certificates.node.test.ts

configuration() {
  describe configuration "$1" || return 0
  [ "$kind" = file ] || return 0
  names=''
  if look_through "$configuration_awk"; then
    verdict=${found%%"$nl"*}
    found=${found#*"$nl"}
    case $found in
      "end$nl"*) found=${found#*"$nl"} ;;
      *) names=${found%%"${nl}end$nl"*} found=${found#*"${nl}end$nl"} ;;
    esac
    case $verdict in content | part) record "$verdict" "$found" ;; *) problem=$verdict ;; esac
  fi
  [ -z "$problem" ] || record problem "$problem"
  for named in $names; do
    case $named in *"$soh"*) named=$(printf '%sx' "$named" | tr '\001' '\n') named=${named%x} ;; esac
    case $named in
      /*) ! as_given '' "$named" || client_ca "$path" ;;
      *)
        # Depending on the version, the path is relative to the directory of the main file, of a drop-in (1.28), or of
        # the kubelet process.
        ! lexical "${1%/*}/." "$named" || client_ca "$path"
        ! as_given "$cwd" "$named" || client_ca "$path"
        ;;
    esac
  done
}
