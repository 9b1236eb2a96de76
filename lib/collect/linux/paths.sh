# Paths as the kubelet opens them, and the files at these paths.
# Prints: remark, and in describe: file, kind, link, stat, way, problem.
# Sets: path, real, kind, size, problem, exhausted, head. Uses: root, nl, late.
# Limits: max_path, max_names, max_links, max_files.
# Tests: test/lib/collect/collect.node.test.ts, hostile-files.node.test.ts

max_path=4096 # bytes, including the NUL at the end; Linux PATH_MAX
max_names=255 # names of one path, because resolve takes quadratic time
max_links=40  # links of one path; Linux, path_resolution(7)
max_files=200 # paths described
seen=$nl files=0 exhausted=''

# Sets path to $2, relative to the directory $1, as Go's os.Open and os.Lstat use it: the system resolves "..", so it
# goes up from the target of a link.
as_given() { join "$1" "$2" ''; }

# Sets path to $2, relative to the directory $1, like Go's filepath.Abs and filepath.Join: ".." removes the name before
# it.
lexical() { join "$1" "$2" ..; }

# $3 is the name that removes the name before it, or empty.
join() {
  case $2 in '') return 1 ;; /*) rest=$2 ;; *) rest=${1:+$1/$2} ;; esac
  [ -n "$rest" ] || remark "$2: relative to a directory that is not known" || return 1
  [ "${#rest}" -lt "$max_path" ] || remark 'a path is longer than Linux allows' || return 1
  path='' IFS=/
  for name in $rest; do
    case $name in '' | .) ;; "$3") path=${path%/*} ;; *) path=$path/$name ;; esac
  done
  path=${path:-/} IFS=$nl
}

# Sets target to the target of the link $1, line breaks at its end included; empty if the link cannot be read.
read_target() {
  target=$(readlink "$1" && printf x) target=${target%"$nl"x}
}

# Sets real to the path below root with all links followed, and adds their number to hops. The target of an absolute link
# is also below root. Adds to way each link and directory that is followed, and the end. Sets problem if the path cannot
# be followed; describe compares its text. A path with too many links leads to no file, as in Linux.
# shellcheck disable=SC2086 # splits paths into their names
resolve() {
  real='' IFS=/
  set -- $1
  while [ $# -gt 0 ]; do
    [ $# -le "$max_names" ] || problem="it has more than $max_names names"
    if [ $# -gt "$max_names" ] || [ "$hops" -gt "$max_links" ]; then real=/dev/null/none && break; fi
    [ -x "$root$real/" ] || ! [ -d "$root$real/" ] || problem='a directory above it cannot be entered'
    case $real/$1 in /proc/self | /proc/thread-self | /dev/fd | /dev/std*) problem='each process finds a different file at this path' ;; esac
    case $1 in
      '' | .) ;;
      ..) if [ -d "$root$real/" ]; then real=${real%/*}; else real=$real/..; fi ;;
      *) real=$real/$1 ;;
    esac
    shift
    case $nl.$nl$way in *"$nl.$real$nl"*) ;; *) way=$way.$real$nl ;; esac
    if [ -n "$real" ] && [ -L "$root$real" ]; then
      hops=$((hops + 1))
      read_target "$root$real"
      case $target in /*) real='' ;; ?*) real=${real%/*} ;; *) problem='a link cannot be read' && break ;; esac
      set -- $target "$@"
    fi
  done
  IFS=$nl
}

# Begins the record of the path $2. Fails if a limit is exceeded, if the path has a record for the same purpose $1, or if
# root belonged to a process that has ended.
describe() {
  [ -z "$exhausted" ] && [ -e "$root/" ] || return 1
  case $seen in *"$nl$1 $2$nl"*) return 1 ;; esac
  seen=$seen$1' '$2$nl files=$((files + 1))
  [ "$files" -le "$max_files" ] || exhausted="more than $max_files files"
  ! late || exhausted="more than $max_seconds seconds"
  [ -z "$exhausted" ] || remark "$exhausted" || return 1
  problem='' stat='' way='' kind=missing hops=0
  resolve "${2%/*}"
  unfollowed=$real/${2##*/}
  resolve "$unfollowed"
  for type in b=device c=device S=socket p=fifo d=directory f='file'; do
    ! test "-${type%=*}" "$root$real" || kind=${type#*=}
  done
  case $problem in each* | *link* | *names) kind=missing ;; esac # see resolve
  record file "$2"
  record kind "$kind"
  ! [ -L "$root$unfollowed" ] || ! read_target "$root$unfollowed" || record link "$target"
  # The first line of stat describes the file, and each further line a part of the way.
  # shellcheck disable=SC2086 # one name per line
  [ "$kind" = missing ] || stat=$(cd "$root/" && stat -c '%a %u %g %Y %Z %s %F %n' ".$real" ${way%".$real$nl"}) || stat=''
  line=${stat%%"$nl"*}
  way=${stat#"$line"} stat=${line%% [a-z]*}
  size=${stat##* }
  [ -z "$stat" ] || record stat "$stat"
  case $stat$1 in ?*configuration | ?*directory) record way "$way" ;; esac
  [ "$kind" != missing ] || [ -z "$problem" ] || record problem "$problem"
}

# Succeeds if real is a regular file on a disk. Reading /proc or /sys may block, or consume another reader's messages.
on_disk() {
  case $real in /proc/* | /sys/*) return 1 ;; esac
  [ -f "$root$real" ]
}

# Sets head to the first lines of the file $1.
read_head() {
  hops=0 head=''
  resolve "$1"
  ! on_disk || head=$(head -c "$max_head" "$root$real")
}
