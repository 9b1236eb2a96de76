# The order of the records, and the frame around them.
# Prints: now, btime, os, end, and the frame. Tests: test/lib/collect/bare-nodes.node.test.ts, real-node.node.test.ts

collect() {
  clock
  started=$seconds
  read_clock
  if [ -f "$root/etc/bottlerocket-release" ]; then
    release /etc/bottlerocket-release # the host's release; the container has its own in /etc/os-release
    bottlerocket
  else
    processes
    root=$files_root
    release /etc/os-release
  fi
  record end ''
}

# Computes the time of the node from its boot time and its uptime.
read_clock() {
  key='' btime='' uptime=''
  while [ "$key" != btime ] && IFS=' ' read -r key value _; do :; done <"$root/proc/stat"
  [ "$key" != btime ] || btime=$value
  read -r uptime <"$uptime_file"
  case $btime$uptime in
    "$btime" | *[!0-9.\ ]*) now=$(date +%s) ;;
    *) now=$((btime + ${uptime%%.*})) ;;
  esac
  number now "$now"
  number btime "$btime"
}

release() {
  read_head "$1"
  os=''
  for line in $head; do
    case $line in ID=* | VERSION_ID=* | VARIANT_ID=* | PRETTY_NAME=*) os=$os$line$nl ;; esac
  done
  [ -z "$os" ] || record os "${os%"$nl"}"
}

failed() { printf 'eks-kubelet-evidence 1\nFAILED no program or process could be started (%s)\n' "$1"; }

# dash ends if it cannot start a process. This trap then reports the failure.
trap '[ -n "$done" ] || failed "the shell ended"; exit 0' EXIT
done=''
if [ "$tools" != "${tools%gzip}" ]; then
  payload=$(collect | gzip -9 | base64) digest=''
else
  payload=$(collect | base64) digest=yes
fi
# shellcheck disable=SC2086 # splits the payload into its lines, and $* joins them
set -- $payload
IFS=''
payload=$*
if [ -n "$digest" ]; then
  digest=$(printf '%s' "$payload" | sha256sum)
  digest=" ${digest%% *}" # not needed with gzip, whose output contains a checksum
fi
if [ -n "$payload" ]; then
  printf 'eks-kubelet-evidence 1\nBEGIN\n%s\nEND %s%s\n' "$payload" "${#payload}" "$digest"
else
  failed 'gzip or base64'
fi
done=yes
exit 0
