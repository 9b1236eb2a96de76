# Paths as the kubelet opens them, and the files at these paths.
# Prints: remark, and in describe: file, kind, link, stat, problem. Sets: path, real, kind, size, problem, head.
# Limits: max_path, max_files. Tests: test/lib/collect/collect.node.test.ts, hostile-files.node.test.ts

max_path=4096 # bytes, including the NUL at the end; Linux PATH_MAX
max_files=200 # paths described
seen=$nl files=0 exhausted=''

# Sets path to $2, relative to the directory $1, as Go's os.Open and os.Lstat use it: the system resolves "..", so it
# goes up from the target of a link.
as_given() { join "$1" "$2" ''; }

# Sets path to $2, relative to the directory $1, like Go's filepath.Abs and filepath.Join: ".." removes the name before
# it.
lexical() { join "$1" "$2" ..; }

join() {
  rest=$2 path=''
  case $rest in
    '') return 1 ;;
    /*) ;;
    *)
      if [ -z "$1" ]; then
        remark "$rest: relative to a directory that is not known"
        return 1
      fi
      rest=$1/$rest
      ;;
  esac
  if [ "${#rest}" -ge "$max_path" ]; then
    remark 'a path is longer than Linux allows'
    return 1
  fi
  while next_name; do
    case $name in
      '' | .) ;;
      "$3") path=${path%/*} ;;
      *) path=$path/$name ;;
    esac
  done
  path=${path:-/}
}

# Sets name to the first name of rest and removes it from rest.
next_name() {
  [ -n "$rest" ] || return 1
  rest=${rest#/}
  name=${rest%%/*}
  case $rest in */*) rest=/${rest#*/} ;; *) rest='' ;; esac
}

# Sets real to the path below root with all links followed. The target of an absolute link is also below root.
resolve() {
  real='' rest=$1 hops=0
  while next_name; do
    [ -x "$root$real/" ] || ! [ -d "$root$real/" ] || problem='a directory above it cannot be entered'
    case $real/$name in /proc/self | /proc/thread-self | /dev/fd | /dev/std*) problem='each process finds a different file at this path' ;; esac
    case $name in
      '' | .) ;;
      ..) if [ -d "$root$real/" ]; then real=${real%/*}; else real=$real/..; fi ;;
      *)
        if [ -L "$root$real/$name" ] && [ "$hops" -lt 40 ]; then
          hops=$((hops + 1))
          target=$(readlink "$root$real/$name")
          case $target in /*) real='' ;; esac
          rest=/$target$rest
        else
          real=$real/$name
        fi
        ;;
    esac
  done
}

# Begins the record of the path $2. Fails if a limit is exceeded or the path has a record for the same purpose $1.
describe() {
  [ -z "$exhausted" ] || return 1
  case $seen in *"$nl$1 $2$nl"*) return 1 ;; esac
  files=$((files + 1))
  [ "$files" -le "$max_files" ] || exhausted="more than $max_files files"
  ! late || exhausted="more than $max_seconds seconds"
  if [ -n "$exhausted" ]; then
    remark "$exhausted"
    return 1
  fi
  seen=$seen$1' '$2$nl
  problem='' size=''
  resolve "${2%/*}"
  entry_of=$real/${2##*/}
  resolve "$entry_of"
  kind_of "$root$real"
  case $problem in each*) kind=missing ;; esac
  record file "$2"
  record kind "$kind"
  [ ! -L "$root$entry_of" ] || record link "$(readlink "$root$entry_of")"
  if [ "$kind" = missing ]; then
    [ -z "$problem" ] || record problem "$problem"
  else
    stat=$(stat -L -c '%a %u %g %Y %s' "$root$real")
    size=${stat##* }
    [ -z "$stat" ] || record stat "$stat"
  fi
}

kind_of() {
  kind=missing
  for type in b=device c=device S=socket p=fifo d=directory f='file'; do
    ! test "-${type%=*}" "$1" || kind=${type#*=}
  done
}

# Succeeds if real is a regular file on a disk. Reading /proc or /sys may block, or consume another reader's messages.
on_disk() {
  case $real in /proc/* | /sys/*) return 1 ;; esac
  [ -f "$root$real" ]
}

# Sets head to the first lines of the file $1.
read_head() {
  resolve "$1"
  head=''
  ! on_disk || head=$(head -c "$max_head" "$root$real")
}
