# Records, and what every part needs: a name, the length of the value in bytes, a newline, the value, a newline.
# Prints: remark. Sets: nl, soh, us, root, bounded, seconds. Limits: max_seconds, max_line.
# Test: test/lib/collect/bare-nodes.node.test.ts

export LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
# What goes wrong is part of the evidence. A bare chroot has no /dev/null, and writing would create it.
if [ -c /dev/null ]; then exec 2>/dev/null; else exec 2>&-; fi

# ROOT is empty on a node. With ROOT=<dir> the script works on a directory tree that is laid out like a node.
root=${ROOT:-}
root=${root%/}
case $root in '' | /*) ;; *) root=./$root ;; esac

# Lists are lines. Byte 31 stands behind each element of a command line; byte 1 replaces a byte that a list cannot hold.
nl='
'
soh=$(printf '\001\037')
us=${soh#?}
soh=${soh%?}
IFS=$nl
set -f

max_seconds=3 # after which no more files are looked at
max_head=4096 # bytes that are read of a file of which only the first lines matter

# Put before a command, "bounded" ends it after two seconds, where there is a timeout. In the foreground the command stays
# in this process group, so that the agent's kill reaches it; a busybox has no such option and leaves it there anyway.
tools=$(
  command -v timeout || echo
  command -v gzip
)
timeout=${tools%%"$nl"*} bounded='' foreground=''
# shellcheck disable=SC3013 # dash, bash, mksh and busybox have -ef
case $timeout in /*) [ "$timeout" -ef /bin/busybox ] || foreground=--foreground ;; esac
[ -z "$timeout" ] || bounded=timeout$nl${foreground:+$foreground$nl}-s${nl}KILL${nl}2

record() { printf '%s %s\n%s\n' "$1" "${#2}" "$2"; }

remark() { record remark "$1"; }

# A value that must be a number.
number() {
  case $2 in
    '' | *[!0-9]*) remark "${3:-node}: no $1" ;;
    *) record "$1" "$2" ;;
  esac
}

# Sets seconds since the node's start, or since 1970 where /proc does not have them.
clock() {
  read -r seconds </proc/uptime || seconds=$(date +%s)
  seconds=${seconds%%.*}
}

late() {
  clock
  [ $((seconds - started)) -ge "$max_seconds" ]
}
