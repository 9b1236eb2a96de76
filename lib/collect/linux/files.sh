# Reads regular files with an awk program, and walks through a directory of drop-ins.
# Prints: remark, and for a directory: file, kind, problem. Sets: found, problem. Limits: max_file, max_total,
# max_drop_ins, max_directory. Tests: test/lib/collect/hostile-files.node.test.ts, surroundings.node.test.ts

max_file=262144       # bytes of one file; a kubelet's configuration has a few thousand
max_total=1048576     # bytes of all files
max_drop_ins=64       # *.conf files; the same limit applies to directories
max_directory=1048576 # bytes of a directory itself, enough for tens of thousands of entries
total=0

# Runs the awk program $1 on the regular file of the last call of describe. Sets found to its output, or sets problem.
look_through() {
  problem='' found=''
  if ! on_disk; then
    problem='it is not a file on a disk'
  elif ! [ -r "$root$real" ] || [ -z "$size" ]; then
    problem='it cannot be read'
  elif [ "$size" -gt "$max_file" ]; then
    problem="it is larger than $max_file bytes"
  elif [ $((total + size)) -gt "$max_total" ]; then
    problem="all files together are larger than $max_total bytes"
  else
    total=$((total + size))
    clock
    began=$seconds
    found=$(
      scanned=$root$real $bounded awk -v size="$size" -v fields="$kubelet_fields" "$1" "$root$real"
      printf '\n%s' "$?"
    )
    status=${found##*"$nl"}
    found=${found%"$nl"*}
    clock
    case $status$((seconds - began >= 2)) in
      0?) ;;
      1371) problem='it took too long to look through' ;;
      *) problem="awk ended with ${status:-nothing} while it was read" ;;
    esac
  fi
  [ -z "$problem" ]
}

# Reads the directory of drop-ins $1 and all directories below it, in the order of filepath.WalkDir. The system resolves
# the path $1. The paths below it are built as text from its lexical form, and linked directories are not entered.
drop_ins() {
  config_dir=$1 drop_ins=0 directories=0 trouble=''
  describe directory "$1" || return 0
  lexical '' "$1"
  case $kind$1 in
    directory*) here=$root$real ;;
    file*.conf) configuration "$path" && return 0 ;;
    *) return 0 ;;
  esac
  set -- "$path"
  while [ $# -gt 0 ] && [ -z "$trouble" ]; do
    directory=$1
    shift
    if [ "$directories" -gt 0 ]; then
      resolve "$directory"
      here=$root$real
    fi
    directories=$((directories + 1))
    if ! [ -r "$here" ] || ! [ -x "$here" ]; then
      trouble="$directory cannot be listed"
    elif [ "$directories" -gt "$max_drop_ins" ]; then
      trouble="more than $max_drop_ins directories"
    elif [ "$(stat -L -c %s "$here")" -gt "$max_directory" ]; then
      trouble="$directory has too many entries"
    fi
    [ -z "$trouble" ] || break
    set +f
    for entry in "$here"/* "$here"/.[!.]* "$here"/..?*; do
      set -f
      if [ -d "$entry" ] && ! [ -L "$entry" ]; then
        ! describe directory "${directory%/}/${entry##*/}" || [ "$kind" = directory ] || trouble="$directory/${entry##*/} is not a directory, although a directory of this name was listed"
        set -- "$@" "${directory%/}/${entry##*/}"
      elif [ -e "$entry" ] || [ -L "$entry" ]; then
        case $entry in *.conf) ;; *) continue ;; esac
        drop_ins=$((drop_ins + 1))
        [ "$drop_ins" -le "$max_drop_ins" ] || trouble="more than $max_drop_ins drop-ins"
        [ -z "$trouble" ] || break
        configuration "${directory%/}/${entry##*/}"
      fi
      trouble=${trouble:-$exhausted}
      [ -z "$trouble" ] || break
    done
    set -f
  done
  [ -n "$trouble" ] || return 0
  record file "$config_dir"
  record kind directory
  record problem "$trouble"
  remark "$config_dir: $trouble"
}
