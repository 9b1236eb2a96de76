# Reads regular files with an awk program, and walks through a directory of drop-ins.
# Prints: remark, and for a directory: file, kind, problem.
# Sets: found, problem. Uses: describe with real, kind and size; configuration; kubelet_fields.
# Limits: max_file, max_total, max_drop_ins, max_directory, 2 s for each run of awk.
# Tests: test/lib/collect/hostile-files.node.test.ts, surroundings.node.test.ts

max_file=262144       # bytes of one file; a kubelet's configuration has a few thousand
max_total=1048576     # bytes of all files
max_drop_ins=64       # *.conf files; the same limit applies to directories
max_directory=1048576 # bytes of a directory itself, enough for tens of thousands of entries
total=0

# Runs the awk program $1 on the regular file of the last call of describe. Sets found to its output, or sets problem. A
# later check overrides the problem of an earlier one.
look_through() {
  problem=''
  [ $((total + ${size:-0})) -le "$max_total" ] || problem="all files together are larger than $max_total bytes"
  [ "${size:-0}" -le "$max_file" ] || problem="it is larger than $max_file bytes"
  [ -r "$root$real" ] && [ -n "$size" ] || problem='it cannot be read'
  on_disk || problem='it is not a file on a disk'
  [ -z "$problem" ] || return 1
  total=$((total + size))
  found=$($bounded 2 awk -v size="$size" -v fields="$kubelet_fields" "$1" "$root$real" && printf x) # x keeps the last line breaks
  status=$? found=${found%x}
  case $status in
    0) return 0 ;;
    "$expired") problem='it took too long to look through' ;;
    126 | 127) problem='awk or timeout could not be started' ;;
    *) problem="awk failed with exit code $status on this file" ;;
  esac
  return 1
}

# Reads the directory of drop-ins $1 and all directories below it. The system resolves the path $1. The paths below it
# are built as text from its lexical form, and linked directories are not entered.
drop_ins() {
  drop_in_count=0 directories=0 incomplete=''
  describe directory "$1" || return 0
  lexical '' "$1"
  case $kind$1 in directory*) walk "$path" ;; file*.conf) configuration "$path" ;; esac
  [ -n "$incomplete" ] || return 0
  record file "$1"
  record kind directory
  record problem "$incomplete"
  remark "$1: $incomplete"
}

# Reads the drop-ins in the directory $1, which the last call of describe found, and in the directories below it. If an
# entry is not read, sets "incomplete" to the reason. sh has no local variables: a recursive call overwrites "here",
# "entry" and "inside", so no line after it uses them.
walk() {
  here=$root$real directories=$((directories + 1))
  [ "${size:-0}" -le "$max_directory" ] || incomplete="$1 has too many entries"
  [ "$directories" -le "$max_drop_ins" ] || incomplete="more than $max_drop_ins directories"
  [ -r "$here" ] && [ -x "$here/" ] || incomplete="$1 cannot be listed"
  [ -z "$incomplete" ] || return 0
  set +f
  for entry in "$here"/* "$here"/.[!.]* "$here"/..?*; do
    set -f
    [ -z "$incomplete$exhausted" ] || break
    inside=${1%/}/${entry##*/}
    if [ -d "$entry" ] && ! [ -L "$entry" ]; then
      describe directory "$inside" || continue
      [ "$kind" = directory ] || incomplete="$inside is not a directory, although a directory of this name was listed"
      [ -n "$incomplete" ] || walk "$inside"
    elif [ -e "$entry" ] || [ -L "$entry" ]; then
      case $entry in *.conf) drop_in_count=$((drop_in_count + 1)) ;; *) continue ;; esac
      [ "$drop_in_count" -le "$max_drop_ins" ] || incomplete="more than $max_drop_ins drop-ins"
      [ -n "$incomplete" ] || configuration "$inside"
    fi
  done
  [ -e "$root/" ] || incomplete='the process ended'
  incomplete=${incomplete:-$exhausted}
}
