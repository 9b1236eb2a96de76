# Finds the node's kubelet among the processes with its name. Reads how the kubelet was started, and the files that its
# flags may name. Only the command lines of likely kubelets are read, and only up to a limit.
# Prints: no-survey, unseen, process records, restarted.
# Sets: cwd; files_root, the root directory of the files that were read. Uses: configuration, drop_ins, client_ca,
# private_key, describe, arguments.awk.
# Limits: max_argv, max_processes, max_candidates, max_seconds; 2 s for each program.
# Tests: test/lib/collect/processes.node.test.ts, real-node.node.test.ts, hostile-node.node.test.ts

max_argv=65536     # bytes of one command line
max_processes=8    # kubelets; the same limit applies to look-alikes
max_candidates=250 # likely kubelets (see survey) that are read
kubelets=0 look_alikes=0 files_root=$root

# Sets likely to the processes named kubelet that may be the node's. Their user is root or unknown. They have no PID
# namespace of their own. Their mount namespace is unreadable or that of process 1. Each line has the user id, if it is
# known, and the PID. Prints the first 8 of the others, because any user may run thousands of them.
survey() {
  likely='' surveyed=0 no_survey=''
  set +f
  for proc in "$root"/proc/[0-9]*; do
    case $((surveyed += 1)) in *00) ! late || { no_survey="more than $max_seconds seconds" && break; } ;; esac
    read -r name <"$proc/comm" || continue
    [ "$name" = kubelet ] || continue
    uid='' inner_pids='' pid=${proc##*/}
    while IFS='	 ' read -r key value more; do
      case $key in Uid:) [ "${uid:=$value}" = 0 ] || break ;; NSpid:) inner_pids=$more && break ;; esac
    done <"$proc/status"
    # shellcheck disable=SC3013 # dash, bash, mksh and busybox have -ef
    ! [ -e "$proc/ns/mnt" ] || ! [ -e "$root/proc/1/ns/mnt" ] || [ "$proc/ns/mnt" -ef "$root/proc/1/ns/mnt" ] || inner_pids=other
    case ${uid:-0}:$inner_pids in
      0:) likely=$likely$uid' '$pid$nl ;;
      0:*) look_alike namespaces other ;;
      *) look_alike uid "$uid" ;;
    esac
  done
  set -f
  started='' # the files have a time of their own
  # The mount option hidepid of /proc may hide the processes of other users. The node may then have a kubelet that is
  # not found.
  [ -n "$likely" ] || read -r name <"$root/proc/1/comm" || no_survey='process 1 is not visible in /proc'
  [ -z "$no_survey" ] || record no-survey "$no_survey"
}

# Prints a process that is not the node's kubelet although it has the name. The record $1 contains the reason.
look_alike() {
  look_alikes=$((look_alikes + 1))
  [ "$look_alikes" -le "$max_processes" ] || return 0
  record process "$pid"
  record "$1" "$2"
}

processes() {
  survey
  looked=0 unseen=0 restarted=''
  for candidate in $likely; do
    looked=$((looked + 1))
    if [ "$looked" -gt "$max_candidates" ] || { [ "$looked" -gt "$max_processes" ] && late; }; then
      unseen=$((unseen + 1))
      continue
    fi
    uid=${candidate%% *} pid=${candidate#* }
    proc=$root/proc/$pid whose="process $pid"
    read_start
    process
    began=$start
    read_start
    if [ "$began" != "$start" ] || ! [ -e "$proc/comm" ] || [ -z "$arguments$exe" ]; then restarted=$restarted$pid$nl; fi
  done
  [ -z "$restarted" ] || record restarted "$restarted"
  [ "$unseen" = 0 ] || record unseen "$unseen"
  [ "$kubelets" -le "$max_processes" ] || remark "$kubelets kubelets, of which $max_processes are reported"
  [ "$look_alikes" -le "$max_processes" ] || remark "$look_alikes processes that are only named kubelet, of which $max_processes are reported"
}

# Sets ppid (field 4) and start (field 22). Field 2, the name, is one word, because survey has compared it.
read_start() {
  ppid='' start=''
  IFS=' ' read -r _ _ _ ppid _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ start _ <"$proc/stat"
}

# Prints the records of a likely kubelet. A process of a container or with another root directory is a look-alike. A
# program with another name is ignored.
process() {
  read_links
  arguments=$(elements "$proc/cmdline") arguments=${arguments%x}
  [ -n "$arguments$exe" ] || return 0 # the process has ended
  [ "$namespaces" != other ] || { look_alike namespaces other && return; }
  [ "${process_root:-/}" = / ] || { look_alike root "$process_root" && return; }
  name=${arguments%%"$us"*}
  [ "${name##*/}" = kubelet ] || [ -z "$arguments" ] || return 0
  kubelets=$((kubelets + 1))
  [ "$kubelets" -le "$max_processes" ] || return 0
  record process "$pid"
  known uid "$uid"
  known ppid "$ppid"
  known start "$start"
  record namespaces "$namespaces"
  if [ -z "$uid" ]; then
    remark "$whose: its command line is not sent, because its user is unknown"
  elif [ -z "$arguments" ]; then
    remark "$whose: its command line could not be read"
  elif [ "${#arguments}" -gt "$max_argv" ]; then
    remark "$whose: its command line is longer than $max_argv bytes"
  else
    kubelet
  fi
}

# Prints the beginning of a file of elements. NUL separates the elements, but a shell variable cannot contain NUL: NUL
# becomes byte 31, and byte 31 becomes byte 1. The x at the end keeps the last line breaks.
elements() {
  head -c "$((max_argv + 1))" "$1" | tr '\000\037' '\037\001'
  printf x
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
  [ "$proc/ns/pid" -ef "$root/proc/1/ns/pid" ] || namespaces=other # survey has compared the mount namespaces
  # Without the capability SYS_PTRACE not even root can read the namespaces of another process.
  [ -e "$proc/ns/mnt" ] && [ -e "$root/proc/1/ns/mnt" ] || namespaces=unknown
  [ "$namespaces" = unknown ] || [ "$proc/ns/mnt" -ef "$root/proc/self/ns/mnt" ] || ! [ -e "$root/proc/self/ns/mnt" ] || view=$proc/root
}

# Prints the command line and the further records of the kubelet, and reads the files that it may use.
kubelet() {
  [ "$namespaces" = host ] || remark "$whose: its namespaces cannot be compared with those of process 1"
  # A command line with byte 1 is sent as base64 of the file, which still contains the secret. With --manifest-url it is
  # therefore not sent.
  shown=$arguments
  case $arguments in
    *--manifest[-_]url*"$soh"* | *"$soh"*--manifest[-_]url*) shown='' ;;
    *--manifest[-_]url*) shown=$(printf '%s' "$arguments" | $bounded 2 awk "$arguments_awk") ;;
  esac
  case $shown in
    '') remark "$whose: its command line may hold a secret of --manifest-url or --manifest-url-header, which could not be removed" ;;
    *"$soh"*) record argv-encoded "$(head -c "$max_argv" "$proc/cmdline" | base64)" ;;
    *) record argv "$shown" ;;
  esac
  known root "$process_root"
  known cwd "$cwd"
  known exe "$exe"
  # A user's own systemd runs its units in user.slice.
  while read -r line; do
    case $line in */user.slice/*) ;; */kubelet.service | */snap.kubelet-eks.daemon.service) record unit "${line##*/}" && break ;; esac
  done <"$proc/cgroup"
  case $arguments in *"--config"[-_]dir*) drop_in_environment ;; esac
  host_root=$root root=$view files_root=$view
  [ "$root" = "$host_root" ] || remark "$whose: its files were read in its own mount namespace"
  version
  follow_flags
  root=$host_root
}

# Prints whether KUBELET_CONFIG_DROPIN_DIR_ALPHA is set, which matters only with --config-dir. Prints unset only if the
# whole environment was read.
drop_in_environment() {
  environment=$us$(elements "$proc/environ") state=''
  if [ -r "$proc/environ" ] && [ "${#environment}" -le "$max_argv" ]; then state='unset'; fi
  case $environment in *"$us"KUBELET_CONFIG_DROPIN_DIR_ALPHA=*) state='set' ;; esac
  known dropin-env "$state"
}

# /etc/eks/kubelet-version.txt has the version of the running binary, unless that was replaced or is newer than the file.
# In these cases, or without such a file, the binary prints its version (40 ms, 62 MB). The script starts only a binary
# named kubelet in the host's namespaces, and none from a directory tree (ROOT).
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
  [ -z "${ROOT:-}" ] && [ "$namespaces" = host ] && [ -x "$proc/exe" ] || return 0
  case ${exe##*/} in kubelet | 'kubelet (deleted)') ;; *) return 0 ;; esac
  output=$($bounded -s KILL 2 "$proc/exe" --version </dev/null | head -c 200)
  [ -z "$output" ] || record version "$output"
}

# Follows every path that may be the value of one of these flags, even if the flag itself may be the value of another
# flag.
follow_flags() {
  before='' IFS=$us
  for argument in $arguments; do
    IFS=$nl
    follow "$before" "$argument"
    case $argument in *=*) follow "${argument%%=*}" "${argument#*=}" ;; esac
    before=$argument
  done
}

# Reads the file or directory $2 if $1 is a flag that names one.
follow() {
  case $1 in
    --config) ! lexical "$cwd" "$2" || configuration "$path" ;;
    --config[-_]dir) ! as_given "$cwd" "$2" || drop_ins "$path" ;;
    --kubeconfig) ! as_given "$cwd" "$2" || describe kubeconfig "$path" ;;
    --client[-_]ca[-_]file | --tls[-_]cert[-_]file) ! as_given "$cwd" "$2" || client_ca "$path" ;;
    --tls[-_]private[-_]key[-_]file) ! as_given "$cwd" "$2" || private_key "$path" ;;
  esac
}
