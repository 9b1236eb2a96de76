# The order of the records, and the frame around them.
# Prints: now, btime, os, end, and the frame.
# Sets: nothing for other parts. Uses: processes, bottlerocket, files_root.
# Limits: 30 s, after which Run Command ends the script.
# Tests: test/lib/collect/bare-nodes.node.test.ts, real-node.node.test.ts

collect() {
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

# Computes the time of the node from its boot time and its uptime, without a further process.
read_clock() {
  btime='' uptime='' whose=node
  while IFS=' ' read -r key value _; do [ "$key" != btime ] || btime=$value; done <"$root/proc/stat"
  read -r uptime <"$uptime_file"
  uptime=${uptime%%[!0-9]*} btime=${btime%%[!0-9]*}
  if [ -n "$btime" ] && [ -n "$uptime" ]; then now=$((btime + uptime)); else now=$(date +%s); fi
  known now "$now"
  known btime "$btime"
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
done='' pack=cat
[ -z "$(command -v gzip)" ] || pack=gzip$nl-9
payload=$(collect | $pack | base64)
# shellcheck disable=SC2086 # splits the payload into its lines, and $* joins them
set -- $payload
IFS=''
payload=$* digest=''
[ "$pack" != cat ] || digest=$(printf '%s' "$payload" | sha256sum) # the output of gzip contains a checksum
if [ -n "$payload" ]; then
  printf 'eks-kubelet-evidence 1\nBEGIN\n%s\nEND %s%s\n' "$payload" "${#payload}" "${digest:+ ${digest%% *}}"
else
  failed 'gzip or base64'
fi
done=yes
