# The node's kubelet, told from every process that only looks like it, how it was started, and which files it may have
# been told of. A process's own bytes (its command line) are read in a bounded way, and of likely kubelets only.
# Prints: no-survey, unseen, process records, restarted. Limits: below. Tests: test/lib/collect/processes.test.ts, real-node.test.ts

max_argv=65536     # bytes of one command line
max_processes=8    # kubelets, and as many processes that only look like one
max_candidates=250 # root's processes of that name that are looked at
kubelets=0 strangers=0 cwd='' files_root=$root

# Sets likely and unlikely: lines of user id and PID of all processes named kubelet, the likely ones being root's in no PID
# namespace of their own. The kernel keeps that name, of 15 letters at most. Anyone may run thousands of the others.
survey() {
  likely='' unlikely='' surveyed=0
  set +f
  for proc in "$root"/proc/[0-9]*; do
    name=''
    read -r name <"$proc/comm" || continue
    surveyed=$((surveyed + 1))
    [ "$name" = kubelet ] || continue
    uid='' inner=''
    while IFS='	 ' read -r key value more; do
      case $key in
        Uid:) uid=$value ;;
        NSpid:) inner=$more && break ;;
      esac
      [ "${uid:-0}" = 0 ] || break
    done <"$proc/status"
    if [ "${uid:-0}" = 0 ] && [ -z "$inner" ]; then
      likely=$likely$uid' '${proc##*/}$nl
    else
      unlikely=$unlikely$uid' '${proc##*/}$nl
    fi
  done
  set -f
  # This is not the same as a node without a kubelet: at least this process is there.
  [ "$surveyed" -gt 0 ] || record no-survey 'no process could be looked at below /proc'
}

processes() {
  survey
  looked=0
  for candidate in $likely; do
    looked=$((looked + 1))
    [ "$looked" -gt "$max_candidates" ] || process "${candidate%% *}" "${candidate#* }"
  done
  [ "$looked" -le "$max_candidates" ] || record unseen "$((looked - max_candidates))"
  for candidate in $unlikely; do
    if [ "$strangers" -lt "$max_processes" ]; then
      process "${candidate%% *}" "${candidate#* }"
    else
      strangers=$((strangers + 1))
    fi
  done
  [ "$kubelets" -le "$max_processes" ] || remark "$kubelets kubelets, $max_processes are reported"
  [ "$strangers" -le "$max_processes" ] || remark "$strangers processes only named kubelet, $max_processes are reported"
}

# The process $2 of user $1: who it is, and for a kubelet of this host how it was started and all files it may name.
process() {
  uid=$1 pid=$2 proc=$root/proc/$2
  read_links "$proc" "$root/proc/1"
  if [ "${uid:-0}" != 0 ] || [ "$namespaces" = other ] || [ "${process_root:-/}" != / ]; then
    strangers=$((strangers + 1))
    [ "$strangers" -le "$max_processes" ] || return 0
    read_start
    identity
    return 0
  fi
  # Element borders are NUL, which no variable holds: they become byte 31, and that byte 1.
  arguments=$(
    head -c "$((max_argv + 1))" "$proc/cmdline" | tr '\000\037' '\037\001'
    printf x
  )
  arguments=${arguments%x}
  name=${arguments%%"$us"*}
  # A process without arguments and program has ended; its parent has yet to take note.
  [ "${name##*/}" = kubelet ] || { [ -z "$arguments" ] && [ -n "$exe" ]; } || return 0
  kubelets=$((kubelets + 1))
  [ "$kubelets" -le "$max_processes" ] || return 0
  read_start
  identity
  if [ -z "$uid" ] || [ -z "$arguments" ]; then
    remark "process $pid: its command line and user could not be read"
    return 0
  fi
  kubelet
  began=$start
  read_start
  [ "$began" = "$start" ] || record restarted "$pid"
}

# Sets ppid and start. The name in the first lines of the file may be of several.
read_start() {
  stat=''
  while read -r line; do stat=$line; done <"$proc/stat"
  IFS=' '
  # shellcheck disable=SC2086 # what follows the name in parentheses is one letter and numbers
  set -- ${stat##*) }
  IFS=$nl
  ppid=${2:-} start=${20:-}
}

identity() {
  record process "$pid"
  number uid "$uid" "process $pid"
  number ppid "$ppid" "process $pid"
  record namespaces "$namespaces"
  [ "${process_root:-/}" = / ] || record root "$process_root"
}

# Sets what the links of the process in $1 point at, and namespaces: host when it shares those with process 1 in $2. One
# readlink reads all links, unless one of them is missing or has a newline. Sets view to the process's own view of the
# disk where the agent, and so this script, has a mount namespace of its own.
read_links() {
  mine=$root/proc/self/ns/mnt
  [ -e "$mine" ] || mine=$1/ns/mnt
  targets=$(readlink "$1/root" "$1/cwd" "$1/exe" "$mine" "$1/ns/mnt" "$2/ns/mnt" "$1/ns/pid" "$2/ns/pid") || targets=''
  # shellcheck disable=SC2086 # one a line
  set -- "$1" "$2" "$mine" $targets
  [ $# -eq 11 ] || set -- "$1" "$2" "$3" "$(readlink "$1/root")" "$(readlink "$1/cwd")" "$(readlink "$1/exe")" \
    "$(readlink "$3")" "$(readlink "$1/ns/mnt")" "$(readlink "$2/ns/mnt")" "$(readlink "$1/ns/pid")" "$(readlink "$2/ns/pid")"
  process_root=$4 cwd=$5 exe=$6 namespaces=host view=$root
  [ -z "$7" ] || [ -z "$8" ] || [ "$7" = "$8" ] || view=$1/root
  shift 7
  while [ $# -gt 0 ]; do
    if [ -z "$1" ] || [ -z "$2" ]; then
      [ "$namespaces" = other ] || namespaces=unknown
    else
      [ "$1" = "$2" ] || namespaces=other
    fi
    shift 2
  done
}

kubelet() {
  number start "$start" "process $pid"
  [ "$namespaces" = host ] || remark "process $pid: its namespaces cannot be compared with those of process 1"
  case $arguments in *--manifest[-_]url*) withhold ;; *) told=$arguments ;; esac
  if [ "${#arguments}" -gt "$max_argv" ]; then
    remark "process $pid: its command line is longer than $max_argv bytes"
  elif [ -z "$told" ]; then
    remark "process $pid: its command line may hold a secret that begins with --, behind --manifest-url or --manifest-url-header"
  else
    case $told in
      *"$soh"*) record argv-encoded "$(head -c "$max_argv" "$proc/cmdline" | base64)" ;;
      *) record argv "$told" ;;
    esac
  fi
  [ -n "$process_root" ] || remark "process $pid: no root"
  if [ -n "$cwd" ]; then record cwd "$cwd"; else remark "process $pid: no cwd"; fi
  if [ -n "$exe" ]; then record exe "$exe"; else remark "process $pid: no exe"; fi
  while read -r line; do
    case $line in */kubelet.service | */snap.kubelet-eks.daemon.service) record unit "${line##*/}" && break ;; esac
  done <"$proc/cgroup"
  # Asked for by releases that know --config-dir alone.
  case $arguments in *"--config"[-_]dir*) drop_in_environment ;; esac
  host_root=$root root=$view files_root=$view
  [ "$root" = "$host_root" ] || remark "process $pid: its files were read in its own mount namespace"
  version
  follow_flags
  root=$host_root
}

drop_in_environment() {
  environment=$us$(head -c "$((max_argv + 1))" "$proc/environ" | tr '\000\037' '\037\001')
  case $environment in
    *"$us"KUBELET_CONFIG_DROPIN_DIR_ALPHA=*) record dropin-env set ;;
    "$us") if [ -r "$proc/environ" ]; then record dropin-env unset; else remark "process $pid: no environ"; fi ;;
    *) if [ "${#environment}" -le "$max_argv" ]; then record dropin-env unset; else remark "process $pid: its environ is too long"; fi ;;
  esac
}

# Sets told: the arguments without the values of --manifest-url and --manifest-url-header, which may be credentials. A value
# that begins with "--" could be a flag, and then told is empty. Both flags take the word that stands in for a value.
withhold() {
  told='' secret=''
  IFS=$us
  # shellcheck disable=SC2086 # its elements, of which some may be empty
  set -- $arguments
  IFS=$nl
  for argument; do
    case $secret$argument in
      "$us"--*) told='' && return ;;
      "$us"?*) argument=withheld:withheld ;;
      --manifest[-_]url=?* | --manifest[-_]url[-_]header=?*) argument=${argument%%=*}=withheld:withheld ;;
    esac
    case $secret$argument in --manifest[-_]url | --manifest[-_]url[-_]header) secret=$us ;; *) secret='' ;; esac
    told=$told$argument$us
  done
}

# Every path that these flags may have as their value, without asking whether another flag swallowed them.
follow_flags() {
  wanted=''
  IFS=$us
  # shellcheck disable=SC2086 # its elements, of which some may be empty
  set -- $arguments
  IFS=$nl
  shift
  for argument; do
    [ -z "$wanted" ] || follow "$wanted" "$argument"
    wanted=''
    case ${argument%%=*} in
      --config) flag=config ;;
      --config[-_]dir) flag=config-dir ;;
      --kubeconfig) flag=kubeconfig ;;
      --client[-_]ca[-_]file) flag=client-ca-file ;;
      *) continue ;;
    esac
    case $argument in *=*) follow "$flag" "${argument#*=}" ;; *) wanted=$flag ;; esac
  done
}

follow() {
  case $1 in config) lexical "$cwd" "$2" ;; *) as_given "$cwd" "$2" ;; esac || return 0
  case $1 in
    config) configuration "$path" ;;
    config-dir) drop_ins "$path" ;;
    kubeconfig) describe kubeconfig "$path" ;;
    client-ca-file) client_ca "$path" ;;
  esac
}

# The node's version file answers for the binary that runs, unless that was replaced or is newer. Then the binary itself is
# asked, which takes 40 ms and 62 MB.
version() {
  resolve /etc/eks/kubelet-version.txt
  line=''
  [ ! -f "$root$real" ] || read -r line <"$root$real"
  if is_version "${line#Kubernetes }"; then
    # shellcheck disable=SC3013 # dash, bash, mksh and busybox have -nt
    case $exe in *' (deleted)') ;; *) [ "$proc/exe" -nt "$root$real" ] || { record version-file "$line" && return; } ;; esac
  fi
  [ -z "${ROOT:-}" ] && [ "$namespaces" = host ] && [ -x "$proc/exe" ] && [ -n "$bounded" ] || return 0
  case ${exe##*/} in kubelet | 'kubelet (deleted)') ;; *) return 0 ;; esac
  said=$($bounded "$proc/exe" --version </dev/null | head -c 200)
  [ -z "$said" ] || record version "$said"
}

# Whether $1 is like "v1.34.2-eks-ecaa3a6".
is_version() {
  case $1 in
    *[!A-Za-z0-9.+-]*) return 1 ;;
    v[0-9]*.[0-9]*.?*) ;;
    *) return 1 ;;
  esac
}
