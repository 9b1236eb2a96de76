# Settings for all parts, and the printing of records. A record is a name, the length of the value in bytes, a newline,
# the value, a newline.
# Prints: remark.
# Sets: nl, soh, us, root, bounded, expired. Uses: ROOT.
# Limits: max_seconds, max_head.
# Test: test/lib/collect/bare-nodes.node.test.ts

export LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
# Errors are reported as records, so standard error is not needed. In a chroot without /dev/null, writing would create
# that file.
if [ -c /dev/null ]; then exec 2>/dev/null; else exec 2>&-; fi

# ROOT is empty on a node. With ROOT=<dir> the script reads a directory tree with the files of a node.
root=${ROOT:-}
root=${root%/}
case $root in '' | /*) ;; *) root=./$root ;; esac

# A list has one element per line, so IFS is a newline when a function is called. Byte 31 follows each element of a
# command line; byte 1 replaces a byte that a list cannot contain.
nl='
'
soh=$(printf '\001\037')
us=${soh#?}
soh=${soh%?}
IFS=$nl
set -f

max_seconds=3 # after this time, from the first file on, no more files are read
max_head=4096 # bytes to read of a file if only its first lines matter

# The command $bounded ends another command after a time. With --foreground that command stays in this process group, so
# that the agent's kill reaches it. The timeout of busybox lacks this option, but always leaves the command in the group.
bounded=timeout expired=143 # the exit code after the time
timeout=$(command -v timeout)
# shellcheck disable=SC3013 # dash, bash, mksh and busybox have -ef
case $timeout in /*) [ "$timeout" -ef /bin/busybox ] || bounded=timeout$nl--foreground expired=124 ;; esac

record() { printf '%s %s\n%s\n' "$1" "${#2}" "$2"; }

# Fails, so that the caller can end with "remark … || return".
remark() { ! record remark "$1"; }

# Prints the record $1 with the value $2. If $2 is empty, prints a remark that names $whose.
known() { if [ -n "$2" ]; then record "$1" "$2"; else remark "$whose: no $1"; fi; }

# A directory tree can contain an uptime. It does not change, so the limit has no effect then.
uptime_file=$root/proc/uptime started=''

# Succeeds if the first call was max_seconds ago.
late() {
  read -r seconds <"$uptime_file" || seconds=$(date +%s)
  seconds=${seconds%%[!0-9]*}
  started=${started:-${seconds:=0}}
  [ $((seconds - started)) -ge "$max_seconds" ]
}
