# Finds the node's kubelet among the processes with its name. Reads how the kubelet was started, and the files that its
# flags may name. Only the command lines of likely kubelets are read, and only up to a limit.
# Prints: no-survey, unseen, process records, restarted. Limits: below.
# Tests: test/lib/collect/processes.node.test.ts, real-node.node.test.ts

max_argv=65536     # bytes of one command line
max_processes=8    # kubelets; the same limit applies to look-alikes
max_candidates=250 # likely kubelets (see survey) that are read
kubelets=0 strangers=0 cwd='' files_root=$root

# Sorts all processes named kubelet into two lists, $likely and $unlikely. Each line is a user id and a PID. A likely
# kubelet belongs to root and has no PID namespace of its own. Any user may run thousands of unlikely ones. The kernel
# limits the name to 15 letters.
survey() {
  likely='' unlikely=''
  set +f
  for proc in "$root"/proc/[0-9]*; do
    name=''
    read -r name <"$proc/comm" || continue
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
  # The mount option hidepid of /proc may hide the processes of other users. The node may then have a kubelet that is
  # not found.
  [ -n "$likely" ] || read -r name <"$root/proc/1/comm" || record no-survey 'process 1 is not visible in /proc'
}

processes() {
  survey
  looked=0 unseen=0 restarted=''
  for candidate in $likely; do
    if [ "$looked" -ge "$max_candidates" ] || { [ "$looked" -ge "$max_processes" ] && late; }; then
      unseen=$((unseen + 1))
      continue
    fi
    looked=$((looked + 1))
    process "${candidate%% *}" "${candidate#* }"
    [ -e "$proc/comm" ] || restarted=$restarted$pid$nl
  done
  [ -z "$restarted" ] || record restarted "$restarted"
  [ "$unseen" = 0 ] || record unseen "$unseen"
  for candidate in $unlikely; do
    if [ "$strangers" -lt "$max_processes" ]; then
      process "${candidate%% *}" "${candidate#* }"
    else
      strangers=$((strangers + 1))
    fi
  done
  [ "$kubelets" -le "$max_processes" ] || remark "$kubelets kubelets, of which $max_processes are reported"
  [ "$strangers" -le "$max_processes" ] || remark "$strangers processes that are only named kubelet, of which $max_processes are reported"
}

# Prints the identity of the process $2 of user $1. For a kubelet of this host it also prints how the process was
# started and the files that it may name.
process() {
  uid=$1 pid=$2 proc=$root/proc/$2
  read_links
  if [ "${uid:-0}" != 0 ] || [ "$namespaces" = other ] || [ "${process_root:-/}" != / ]; then
    strangers=$((strangers + 1))
    [ "$strangers" -le "$max_processes" ] || return 0
    read_start
    identity
    return 0
  fi
  # NUL separates the elements, but a shell variable cannot contain NUL: NUL becomes byte 31, and byte 31 becomes byte
  # 1.
  arguments=$(
    head -c "$((max_argv + 1))" "$proc/cmdline" | tr '\000\037' '\037\001'
    printf x
  )
  arguments=${arguments%x}
  name=${arguments%%"$us"*}
  # A process without arguments and program has ended, and its parent has not yet waited for it.
  [ "${name##*/}" = kubelet ] || { [ -z "$arguments" ] && [ -n "$exe" ]; } || return 0
  kubelets=$((kubelets + 1))
  [ "$kubelets" -le "$max_processes" ] || return 0
  read_start
  identity
  if [ -z "$uid" ] || [ -z "$arguments" ]; then
    remark "process $pid: its command line and user could not be read"
    return 0
  elif [ "${#arguments}" -gt "$max_argv" ]; then
    remark "process $pid: its command line is longer than $max_argv bytes"
    return 0
  fi
  kubelet
  began=$start
  read_start
  [ "$began" = "$start" ] || restarted=$restarted$pid$nl
}

# Sets ppid and start. The name of the process may contain line breaks, so both are read from the last line of the file.
read_start() {
  stat=''
  while read -r line; do stat=$line; done <"$proc/stat"
  IFS=' '
  # shellcheck disable=SC2086 # after the name in parentheses there are one letter and numbers
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

# Sets process_root, cwd and exe to the targets of the links of the process. Sets namespaces to host if the process
# shares those of process 1. One readlink reads all links, unless one is missing or contains a newline. Sets view to the
# root directory of the process if the agent, and so this script, has a mount namespace of its own.
# shellcheck disable=SC3013 # dash, bash, mksh and busybox have -ef
read_links() {
  targets=$(readlink "$proc/root" "$proc/cwd" "$proc/exe") || targets=''
  # shellcheck disable=SC2086 # one per line
  set -- $targets
  [ $# -eq 3 ] || set -- "$(readlink "$proc/root")" "$(readlink "$proc/cwd")" "$(readlink "$proc/exe")"
  process_root=$1 cwd=$2 exe=$3 namespaces=host view=$root
  for space in mnt pid; do
    if ! [ -e "$proc/ns/$space" ] || ! [ -e "$root/proc/1/ns/$space" ]; then
      [ "$namespaces" = other ] || namespaces=unknown
    elif ! [ "$proc/ns/$space" -ef "$root/proc/1/ns/$space" ]; then
      namespaces=other
    fi
  done
  ! [ -e "$root/proc/self/ns/mnt" ] || [ "$proc/ns/mnt" -ef "$root/proc/self/ns/mnt" ] || view=$proc/root
}

kubelet() {
  number start "$start" "process $pid"
  [ "$namespaces" = host ] || remark "process $pid: its namespaces cannot be compared with those of process 1"
  told=$arguments
  case $arguments in
    *--manifest[-_]url*"$soh"* | *"$soh"*--manifest[-_]url*) told='' ;;
    *--manifest[-_]url*) told=$(printf '%s' "$arguments" | $bounded awk "$arguments_awk") ;;
  esac
  if [ -z "$told" ]; then
    remark "process $pid: its command line may hold a secret of --manifest-url or --manifest-url-header in a form that this script does not know"
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
    case $line in
      */user.slice/*) ;; # started by a user's own systemd
      */kubelet.service | */snap.kubelet-eks.daemon.service) record unit "${line##*/}" && break ;;
    esac
  done <"$proc/cgroup"
  # Only releases with --config-dir read this variable.
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
    *)
      if ! [ -r "$proc/environ" ]; then
        remark "process $pid: no environ"
      elif [ "${#environment}" -gt "$max_argv" ]; then
        remark "process $pid: its environ is too long"
      else record dropin-env unset; fi
      ;;
  esac
}

# Follows every path that may be the value of one of these flags, even if the flag itself may be the value of another
# flag.
follow_flags() {
  wanted=''
  IFS=$us
  # shellcheck disable=SC2086 # splits it into elements, of which some may be empty
  set -- $arguments
  IFS=$nl
  shift
  for argument; do
    [ -z "$exhausted" ] || return 0
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

# The node's version file has the version of the running binary, unless the binary was replaced or is newer. In that
# case the binary prints its version, which takes 40 ms and 62 MB.
version() {
  read_head /etc/eks/kubelet-version.txt
  line=${head%%"$nl"*}
  # The file may be a link to a secret.
  case ${line#Kubernetes } in
    *[!A-Za-z0-9.+-]*) ;;
    v[0-9]*.[0-9]*.[0-9]*)
      # shellcheck disable=SC3013 # dash, bash, mksh and busybox have -nt
      case $exe in *' (deleted)') ;; *) [ "$proc/exe" -nt "$root$real" ] || { record version-file "$line" && return; } ;; esac
      ;;
  esac
  [ -z "${ROOT:-}" ] && [ "$namespaces" = host ] && [ -x "$proc/exe" ] && [ -n "$bounded" ] || return 0
  case ${exe##*/} in kubelet | 'kubelet (deleted)') ;; *) return 0 ;; esac
  said=$($bounded "$proc/exe" --version </dev/null | head -c 200)
  [ -z "$said" ] || record version "$said"
}
