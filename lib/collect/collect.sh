#!/bin/sh
# Prints how the kubelet on this node was started and configured; docs/evidence.md describes the output.
# Reads only: no file is written, no network asked, no secret sent. The shell collects, the auditor decides.
# ROOT is empty on a node. With ROOT=<dir> the same file works on a directory tree that is laid out like a node.

export LC_ALL=C
PATH=$PATH:/usr/sbin:/usr/bin:/sbin:/bin
# What goes wrong is part of the evidence; a bare chroot has no /dev/null, and writing would create it.
if [ -c /dev/null ]; then exec 2>/dev/null; else exec 2>&-; fi

# A busybox may stand alone, without a link for each of its tools.
case $(command -v base64) in
  /*) ;;
  *)
    if [ "$(printf x | base64)" != eA== ]; then
      for tool in awk base64 cat date gzip head readlink sha256sum sort stat tr; do
        eval "$tool() { /bin/busybox $tool \"\$@\"; }"
      done
      timeout() { shift 3 && case $1 in awk | head) "$@" ;; *) return 1 ;; esac } # which its timeout would not find
    fi
    ;;
esac

root=${ROOT:-}
root=${root%/}
case $root in '' | /*) ;; *) root=./$root ;; esac

# Lists are lines. A newline inside a name travels as byte 1, and behind each element of a command line stands byte 31.
nl='
'
soh=$(printf '\001\037')
us=${soh#?}
soh=${soh%?}
IFS=$nl
set -f

# Put before a command, bounded ends it after two seconds, where there is a timeout: a file may turn into something that
# never ends after it was looked at, and a text may be made to take awk long.
bounded='' pack=cat
tools=$(
  command -v timeout
  command -v gzip
)$nl
case $tools in *timeout"$nl"*) bounded=timeout$nl-s${nl}KILL${nl}2 ;; esac
case $tools in *gzip"$nl"*) pack=gzip$nl-9 ;; esac

max_file=262144         # bytes of one file; a kubelet's configuration has a few thousand
max_total=1048576       # bytes of all files
max_argv=65536          # bytes of one command line
max_path=4096           # bytes with the NUL at its end, Linux PATH_MAX
max_files=200           # paths looked at
max_drop_ins=64         # *.conf files, and as many directories
max_directory=1048576   # bytes a directory itself takes: tens of thousands of entries
max_certificates=200    # in all client CA files
max_processes=8         # kubelets, and as many processes that only look like one
max_candidates=250      # processes looked at for being one, without those that surely are none
max_named=64            # clientCAFile settings in one file
max_withheld_file=16384 # bytes of a file that secrets are taken out of, since awk may be slow
max_seconds=3           # after which no more files are looked at
max_answer=65536        # bytes of one answer of Bottlerocket's API; a report has 5,000
max_answer_seconds=8    # for one answer: the host starts two processes for each of the report's checks
endless='it took too long to look through'
changed='it changed while it was read'
seen=$nl files=0 total=0 certificates=0 kubelets=0 strangers=0 exhausted='' cwd=''

# --- records: a name, the length of the value in bytes, a newline, the value, a newline

record() { printf '%s %s\n%s\n' "$1" "${#2}" "$2"; }

remark() { record remark "$1"; }

# A value that must be a number.
number() {
  case $2 in
    '' | *[!0-9]*) remark "${3:-node}: no $1" ;;
    *) record "$1" "$2" ;;
  esac
}

# A value that may hold any byte is carried as base64: read once, so that its length is certain.
record64() {
  count64 "$2"
  printf '%s %s\n' "$1" "$bytes"
  decode "$2"
  printf '\n'
}

decode() { printf '%s' "$1" | base64 -d; }

encode() { base64 | tr -d '\n'; }

# Sets bytes to the number of bytes behind a base64 text.
count64() {
  bytes=$((3 * (${#1} / 4)))
  case $1 in
    *==) bytes=$((bytes - 2)) ;;
    *=) bytes=$((bytes - 1)) ;;
  esac
}

# A command line or environment as text: NUL becomes byte 31, and what would be taken for a border byte 1.
elements() { tr '\n\000\037' '\001\037\001'; }

# Sets seconds: since the node's start, for which no process is needed, or since 1970 where /proc does not tell them.
clock() {
  read -r seconds </proc/uptime || seconds=$(date +%s)
  seconds=${seconds%%.*}
}

late() {
  clock
  [ $((seconds - started)) -ge "$max_seconds" ]
}

# --- files

# Sets path: $2 from the directory $1, for the system to open, as Go's os.Open and os.Lstat have it: ".." goes up from
# where a link led.
as_given() { join "$1" "$2" ''; }

# Sets path: $2 from the directory $1, after Go's filepath.Abs and filepath.Join: ".." takes back the name before it.
lexical() { join "$1" "$2" ..; }

join() {
  rest=$2 path=''
  case $rest in *"$soh"*) rest=$(printf '%sx' "$rest" | tr '\001' '\n') rest=${rest%x} ;; esac
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
  while [ -n "$rest" ]; do
    rest=${rest#/}
    name=${rest%%/*}
    case $rest in */*) rest=/${rest#*/} ;; *) rest='' ;; esac
    case $name in
      '' | .) ;;
      "$3") path=${path%/*} ;;
      *) path=$path/$name ;;
    esac
  done
  path=${path:-/}
}

# Sets real: the path with all links followed, below root, where an absolute link means a place below root, too.
resolve() {
  real='' rest=$1 hops=0
  while [ -n "$rest" ]; do
    rest=${rest#/}
    name=${rest%%/*}
    case $rest in */*) rest=/${rest#*/} ;; *) rest='' ;; esac
    [ -x "$root$real/" ] || ! [ -d "$root$real/" ] || problem='the way to it is closed'
    case $real/$name in /proc/self | /proc/thread-self | /dev/fd | /dev/std*) problem='each process finds another file there' ;; esac
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

# Opens the record of a path, once per purpose. Sets real, kind and size.
describe() {
  case $seen in *"$nl$1 $2$nl"*) return 1 ;; esac
  if [ -z "$exhausted" ]; then
    files=$((files + 1))
    [ "$files" -le "$max_files" ] || exhausted="more than $max_files files"
    ! late || exhausted="more than $max_seconds seconds"
    [ -z "$exhausted" ] || remark "$exhausted"
  fi
  [ -z "$exhausted" ] || return 1
  seen=$seen$1' '$2$nl
  problem=''
  resolve "${2%/*}"
  entry_of=$real/${2##*/}
  resolve "$entry_of"
  kind_of "$root$real"
  case $problem in each*) kind=missing ;; esac
  record file "$2"
  record kind "$kind"
  [ ! -L "$root$entry_of" ] || record link "$(readlink "$root$entry_of")"
  size=''
  if [ "$kind" = missing ]; then
    [ -z "$problem" ] || record problem "$problem"
  else
    stat=$(stat -L -c '%a %u %g %Y %s' "$root$real")
    size=${stat##* }
    [ -z "$stat" ] || record stat "$stat"
  fi
}

kind_of() {
  if [ -f "$1" ]; then
    kind='file'
  elif [ -d "$1" ]; then
    kind=directory
  elif [ -p "$1" ]; then
    kind=fifo
  elif [ -S "$1" ]; then
    kind=socket
  elif [ -b "$1" ] || [ -c "$1" ]; then
    kind=device
  else kind=missing; fi
}

# Reads the regular file that describe found into content, or sets problem. A shell's variables hold no NUL: of a file that
# has some, content64 is all of it, and content the rest.
read_file() {
  problem='' content='' content64=''
  if ! [ -r "$root$real" ] || [ -z "$size" ]; then
    problem='it cannot be read'
  elif [ "$size" -gt "$max_file" ]; then
    problem="it is larger than $max_file bytes"
  elif [ $((total + size)) -gt "$max_total" ]; then
    problem="all files together are larger than $max_total bytes"
  elif ! content=$($bounded head -c "$((max_file + 1))" "$root$real" && printf x); then
    problem=$changed
  fi
  [ -z "$problem" ] || return 1
  content=${content%x}
  bytes=${#content}
  if [ "$bytes" -lt "$size" ]; then
    content64=$($bounded head -c "$((max_file + 1))" "$root$real" | encode)
    content=$(decode "$content64" && printf x)
    content=${content%x}
    count64 "$content64"
  fi
  total=$((total + bytes))
  [ "$bytes" = "$size" ] || problem=$changed
  [ -z "$problem" ]
}

# A configuration file or drop-in: its bytes, unless they may hold a secret, and every client CA it may name.
configuration() {
  describe configuration "$1" || return 0
  [ "$kind" = file ] || return 0
  scan=''
  if read_file; then
    scan=$(printf '%s' "$content" | scan_configuration)
    problem=${scan%%"$nl"*}
    if [ "$problem" = plain ]; then
      problem=''
    elif [ -z "$problem" ]; then
      problem=$endless
    elif [ "$problem" = secret ]; then
      problem='it may hold a secret in a form that this script does not know'
      withheld=x
      [ -n "$content64" ] || [ "$size" -gt "$max_withheld_file" ] || withheld=$(printf '%s' "$content" | withhold_secrets && printf x)
      [ "${withheld:-x}" = x ] || content=${withheld%x} problem=''
    fi
  fi
  if [ -n "$problem" ]; then
    record problem "$problem"
  elif [ -n "$content64" ]; then
    record64 content "$content64"
  else
    record content "$content"
  fi
  case $scan in *"$nl"*) scan=${scan#*"$nl"} ;; *) scan='' ;; esac
  for named in $scan; do
    case $named in
      /*) ! as_given '' "$named" || client_ca "$path" ;;
      *)
        # From the directory of the main file, or of a drop-in in 1.28, else from the kubelet's: it depends on the version.
        ! lexical "${1%/*}/." "$named" || client_ca "$path"
        ! as_given "$cwd" "$named" || client_ca "$path"
        ;;
    esac
  done
}

# First line: "plain" when the whole text may be sent; "secret" when it speaks of staticPodURL or staticPodURLHeader, or
# may do so behind escapes; else why its content stays here; nothing when awk was stopped. Then one line per value of a clientCAFile, in any case.
scan_configuration() {
  # shellcheck disable=SC2016 # the program is awk's
  $bounded awk -v most="$max_named" '
    function count(s, what) { return gsub(what, "", s) }
    # Whether s, in small letters, has "podurl", where decoders are taken to it: escaped letters, an escaped line break
    # between two of them, or a tag that makes base64 text. Letters beyond ASCII fold to none of these six.
    function secret(s) {
      return s ~ /podurl|\\(x|u00|u000000)(50|70|4f|6f|44|64|55|75|52|72|4c|6c)/ \
        || s ~ /[podur](\\(\r|\n|\302\205|\342\200[\250\251])([ \t\r\n]|\302\205|\342\200[\250\251])*)+[odurl]/ \
        || s ~ /![^! \t\r\n,]*(binary|[%<])|(^|[\r\n])%tag/
    }
    # Nothing but a KubeletConfiguration is the kubelet'"'"'s own. A text without the word cannot be one, unless it hides it.
    function foreign(s, small, kind) {
      if (s ~ /KubeletConfiguration/) {
        kind = "kind[\"\047]?[ \t\r\n]*:[ \t\r\n]*[\"\047]?"
        return count(small, kind "[a-z]") == count(small, kind "kubeletconfiguration") ? "" : "it holds more than a KubeletConfiguration"
      }
      if (s ~ /[\\!&*]|[^\t\r\n -~]/) return "it may be something other than a KubeletConfiguration"
      if (small !~ /kind/) return "it names no kind"
      return small ~ /kubelet\.config\.k8s\.io/ && small !~ /providers/ ? "" : "it is no KubeletConfiguration"
    }
    function hex(digit) { return index("0123456789abcdef", tolower(digit)) - 1 }
    function unescaped(s, done, tries) {
      while (match(s, /\\(u00|x|U000000)[0-9A-Fa-f][0-9A-Fa-f]/) && ++tries <= 1000) {
        done = done substr(s, 1, RSTART - 1) sprintf("%c", 16 * hex(substr(s, RSTART + RLENGTH - 2, 1)) + hex(substr(s, RSTART + RLENGTH - 1, 1)))
        s = substr(s, RSTART + RLENGTH)
      }
      s = done s
      gsub(/\\\//, "/", s)
      return s
    }
    # An expression that ends in [ ]+$ would try anew at each blank.
    function trimmed(s, last) {
      sub(/^[ \t\r\n]+/, "", s)
      for (last = length(s); last && index(" \t\r\n", substr(s, last, 1)); last--) continue
      return substr(s, 1, last)
    }
    function name(s) { s = trimmed(s); if (s != "" && s !~ /:( |$)/) print s }
    BEGIN { RS = "\001" }
    { text = text $0 }
    END {
      small = tolower(text)
      reason = foreign(text, small)
      print reason != "" ? reason : secret(small) ? "secret" : "plain"
      gsub(/(^|\n)[ \t]*#[^\n]*/, "\n", text)
      text = unescaped(text)
      while (match(text, /[cC][lL][iI][eE][nN][tT][cC][aA][fF][iI][lL][eE]["\047]?[ \t\r\n]*:[ \t\r\n]*/) && ++found <= most) {
        text = substr(text, RSTART + RLENGTH)
        value = substr(text, 1, 8192)
        while (sub(/^[!&][^ \t\r\n]*[ \t\r\n]+/, "", value)) continue
        if (match(value, /^("[^"]*"|\047[^\047]*\047)/)) { name(substr(value, 2, RLENGTH - 2)); continue }
        block = match(value, /^[|>][-+0-9]*[ \t\r]*\n/) ? substr(value, 1, RLENGTH) : ""
        value = trimmed(substr(value, length(block) + 1))
        sub(/[\r\n].*/, "", value)
        sub(/[ \t]#.*/, "", value)
        name(block == "" || block ~ /-/ ? value : value "\001")
        if (sub(/[],}].*/, "", value)) name(value)
      }
    }'
}

# Prints the file with those secrets replaced, so that every kubelet makes the same of it, or nothing: each mention must
# have the one plain form that JSON and YAML share out here, and whatever a reader could take in two ways has none.
withhold_secrets() {
  awk '
    function mentions(s) { return gsub(/podurl/, "", s) }
    function json(s, out, value, end) {
      while (match(tolower(s), "\"staticpodurl(\"" blank ":" blank text "|header\"" blank ":" blank headers ")")) {
        end = RSTART + RLENGTH
        value = RSTART + index(substr(s, RSTART), ":")
        out = out substr(s, 1, value - 1) substitute(substr(s, value, end - value))
        s = substr(s, end)
        found++
      }
      return out s
    }
    # In the value of a header only what stands in a list, which begins at a bracket, is secret.
    function substitute(value, list) {
      if (value !~ /[{]/) { sub(/"[^"]*"/, "\"https://withheld\"", value); return value }
      match(value, /\[.*\]/)
      list = substr(value, RSTART, RLENGTH)
      gsub(text, "\"withheld\"", list)
      return substr(value, 1, RSTART - 1) list substr(value, RSTART + RLENGTH)
    }
    # Each line must stand for itself, with quotes and brackets that close: only then a line at the margin is what it seems.
    # Comments there go, since the secret may be in the next one.
    function yaml(s, out, lines, last, i, line, end) {
      last = split(s, lines, "\n")
      for (i = 1; i <= last; i++) {
        line = lines[i]
        end = sub(/\r$/, "", line) ? "\r" : ""
        if (line ~ /^#/) {
          found += mentions(tolower(line))
          line = "#"
        } else if (line !~ /^[ \t]*$/) {
          if (gsub(/"/, "&", line) % 2 || gsub(/\047/, "&", line) % 2 || gsub(/[[{]/, "&", line) != gsub(/[]}]/, "&", line)) return ""
          if (url && line ~ /^ /) return ""
          url = 0
          if (header) header = line ~ /^ / || line ~ /^- /
          if (header) {
            if (line ~ "^ +" name ": *$") named = 1
            else if (named && line ~ "^ *- +" word "$") sub("[^ -].*", "withheld", line)
            else return ""
          } else if (tolower(line) ~ "^staticpodurl: +(" address "|\"" address "\"|\047" address "\047)$") {
            sub(/: .*/, ": https://withheld", line)
            url = 1
            found++
          } else if (tolower(line) ~ /^staticpodurlheader:$/) {
            header = 1
            named = 0
            found++
          }
        }
        out = out line end (i < last ? "\n" : "")
      }
      return out
    }
    BEGIN {
      RS = "\001"
      blank = "[ \t\r\n]*"
      text = "\"[^\"\\\\\001-\037\177]*\""
      name = "[A-Za-z][A-Za-z-]*"
      # One header with its values: a name cannot come twice, and a name is no secret.
      headers = "[{]" blank "\"" name "\"" blank ":" blank "\\[" blank "(" text blank "(," blank text blank ")*)?\\]" blank "[}]"
      address = "https?://[a-z0-9@._~%?&=+/:-]*[a-z0-9/]"
      # What cannot be a number, a time or a truth value.
      word = "(\"[^\"\\\\\t]*\"|\047[^\047\t]*\047|[A-Za-z]+ [A-Za-z0-9._~+/=-]+)"
    }
    { all = all $0 }
    END {
      # A tab, another line break, a character that YAML forbids: none of it is worth a thought beside a secret.
      if (all ~ /[\001-\010\013\014\016-\037\177]|\302[\200-\237]|\342\200[\250\251]|\r([^\n]|$)/) exit
      if (tolower(all) ~ /\\[\r\nxu]|![^! ]*(binary|[%<])|(^|\n)%/) exit
      out = all ~ /^[ \t\r\n]*[{]/ ? json(all) : yaml(all)
      if (found == mentions(tolower(all))) printf "%s", out
    }'
}

# A file that may be the client CA: a digest per certificate, and never its content, whatever the path points at.
client_ca() {
  describe client-ca "$1" || return 0
  [ "$kind" = file ] || return 0
  list=''
  ! read_file || digests "$(if [ -n "$content64" ]; then decode "$content64"; else printf '%s' "$content"; fi | certificate_blocks)"
  if [ -n "$problem" ]; then record problem "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Sets list to a digest for each of certificate_blocks, or sets problem.
digests() {
  list='' problem=$endless
  for block in $1; do
    if [ "$block" = end ]; then
      problem=''
      break
    fi
    certificates=$((certificates + 1))
    if [ "$certificates" -gt "$max_certificates" ]; then
      problem="more than $max_certificates certificates"
      break
    fi
    ! late || break
    [ "$block" = malformed ] || block=$(printf '%s' "$block" | base64 -d | sha256sum)
    list=$list${block%% *}$nl
  done
}

# One line per PEM block CERTIFICATE as Go's encoding/pem finds them: its base64, or "malformed" unless that is one DER
# SEQUENCE of just that length. Blocks with headers or without proper base64 are passed over, as the kubelet does. At last
# "end", unless awk was stopped.
certificate_blocks() {
  # shellcheck disable=SC2016 # the program is awk's
  $bounded awk '
    function six(i) { return index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", substr(body, i, 1)) - 1 }
    function octet(i, at) {
      at = 4 * int(i / 3) + i % 3 + 1
      return six(at) * (i % 3 == 0 ? 4 : i % 3 == 1 ? 16 : 64) % 256 + int(six(at + 1) / (i % 3 == 0 ? 16 : i % 3 == 1 ? 4 : 1))
    }
    function is_der(size, head, length_, i) {
      if (octet(0) != 48) return 0
      head = octet(1) < 128 ? 0 : octet(1) - 128
      if (head > 3) return 0
      length_ = head ? 0 : octet(1)
      for (i = 0; i < head; i++) length_ = length_ * 256 + octet(2 + i)
      return size == 2 + head + length_
    }
    function trimmed(s, last) {
      for (last = length(s); last && index(" \t\r", substr(s, last, 1)); last--) continue
      return substr(s, 1, last)
    }
    { $0 = trimmed($0) }
    /^-----BEGIN / { open = $0 == "-----BEGIN CERTIFICATE-----"; body = part = ""; next }
    /^-----END / {
      body = body part
      if (open && $0 == "-----END CERTIFICATE-----" && length(body) % 4 == 0 && body ~ /^[A-Za-z0-9+\/]*=?=?$/)
        print is_der(length(body) / 4 * 3 - gsub(/=/, "=", body)) ? body : "malformed"
      open = 0
    }
    open {
      gsub(/[ \t]/, "")
      part = part $0
      if (length(part) > 4096) { body = body part; part = "" }
    }
    END { print "end" }'
}

# The directory of drop-ins $1 and all below it, as filepath.WalkDir goes: the directory itself is the one the system
# opens under this name, the names below are joined to it as text, and no linked directory below is entered.
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
        ! describe directory "${directory%/}/${entry##*/}" || [ "$kind" = directory ] || trouble="$directory/${entry##*/} is no directory, though one of that name stands in it"
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
  [ -z "$trouble" ] || not_walked "$config_dir" "$trouble"
}

not_walked() {
  record file "$1"
  record kind directory
  record problem "not all of it was read: $2"
  remark "$1: $2"
}

# --- processes

# Sets btime, the time the node started at, and candidates: the PIDs of all processes whose argv[0] is named kubelet, those
# first that are root's and in no PID namespace of their own, since anyone may run thousands of the others. Before the PID
# stands 0 for the former and 1 for the latter. One awk for all of /proc; an awk that cannot see the NUL behind argv[0]
# gives a wider choice, and process looks again.
survey() {
  btime=$(set +f && printf '%s\n' "$root/proc/stat" "$root"/proc/[0-9]*/cmdline | awk '
    function btime(file, line) {
      while ((getline line < file) > 0) if (line ~ /^btime /) return substr(line, 7)
    }
    # Whether the text of a status file speaks against its being the node'"'"'s kubelet.
    function strange(file, line, words, told) {
      while ((getline line < file) > 0) {
        if (line ~ /^Uid:/) { split(line, words, /[ \t]+/); if (words[2] != 0) told = 1 }
        if (line ~ /^NSpid:/ && split(line, words, /[ \t]+/) > 2 && words[3] != "") told = 1
      }
      close(file)
      return told + 0
    }
    BEGIN { nul = sprintf("%c", 0) }
    NR == 1 { print btime($0); next }
    {
      file = $0
      line = ""
      getline line < file
      close(file)
      end = length(nul) ? index(line, nul) : 0
      if (end) line = substr(line, 1, end - 1)
      if (length(nul) ? line ~ /(^|\/)kubelet$/ : line ~ /kubelet/) {
        sub(/\/cmdline$/, "", file)
        pid = file
        sub(/.*\//, "", pid)
        print strange(file "/status") " " pid
      }
    }')
  candidates=''
  case $btime in *"$nl"*) candidates=${btime#*"$nl"} btime=${btime%%"$nl"*} ;; esac
  case $candidates in *"$nl"*) candidates=$(printf '%s\n' "$candidates" | sort -k 1,1n -k 2,2n) ;; esac
}

# One process: who it is, and for a kubelet of this host how it was started and all files it may have been told of.
# Files are opened by their own names and not below /proc/PID/root: a kubelet with the namespaces and root directory of
# process 1 sees what the agent sees, and that path would end with the process and turn its files into missing ones.
# Anyone may run thousands that only look like one, so those are told apart before anything else is read.
process() {
  pid=$1 proc=$root/proc/$1 uid='' stat=''
  while IFS='	 ' read -r key uid _; do [ "$key" != Uid: ] || break; done <"$proc/status"
  read_links "$proc" "$root/proc/1"
  stranger=''
  [ "${uid:-0}" = 0 ] && [ "$namespaces" != other ] && [ "${process_root:-/}" = / ] || stranger=yes
  [ -z "$stranger" ] || strangers=$((strangers + 1))
  [ "$strangers" -le "$max_processes" ] || [ -z "$stranger" ] || return 0
  read_arguments
  name=${arguments%%"$us"*}
  [ "${name##*/}" = kubelet ] || return 0
  while read -r line; do stat=$line; done <"$proc/stat" # the name in its first lines may be of several
  IFS=' '
  # shellcheck disable=SC2086 # what follows the name in parentheses is one letter and numbers
  set -- ${stat##*) }
  IFS=$nl
  [ -n "$stranger" ] || kubelets=$((kubelets + 1))
  [ "$kubelets" -le "$max_processes" ] || [ -n "$stranger" ] || return 0
  identity "${2:-}"
  [ -n "$stranger" ] || kubelet "${20:-}"
}

identity() {
  record process "$pid"
  number uid "$uid" "process $pid"
  number ppid "$1" "process $pid"
  record namespaces "$namespaces"
  [ "${process_root:-/}" = / ] || record root "$process_root"
}

# Sets what the links of the process in $1 point at, and namespaces: host when it shares those with process 1 in $2. One
# readlink reads all links, unless one of them is missing or has a newline.
read_links() {
  targets=$(readlink "$1/root" "$1/cwd" "$1/exe" "$1/ns/mnt" "$2/ns/mnt" "$1/ns/pid" "$2/ns/pid") || targets=''
  # shellcheck disable=SC2086 # one a line
  set -- "$1" "$2" $targets
  [ $# -eq 9 ] || set -- "$1" "$2" "$(readlink "$1/root")" "$(readlink "$1/cwd")" "$(readlink "$1/exe")" \
    "$(readlink "$1/ns/mnt")" "$(readlink "$2/ns/mnt")" "$(readlink "$1/ns/pid")" "$(readlink "$2/ns/pid")"
  process_root=$3 cwd=$4 exe=$5 namespaces=host
  compare_namespaces "$6" "$7"
  compare_namespaces "$8" "$9"
}

compare_namespaces() {
  if [ -n "$1" ] && [ -n "$2" ]; then
    [ "$1" = "$2" ] || namespaces=other
  elif [ "$namespaces" = host ]; then
    namespaces=unknown
  fi
}

# Sets arguments: the command line as elements, and argv64 to all of it where those do not tell which byte was there.
read_arguments() {
  argv64=''
  arguments=$(head -c "$((max_argv + 1))" "$proc/cmdline" | elements && printf x)
  case $arguments in
    *"$soh"*)
      argv64=$(head -c "$((max_argv + 1))" "$proc/cmdline" | encode)
      arguments=$(decode "$argv64" | elements && printf x)
      ;;
  esac
  arguments=${arguments%x}
}

kubelet() {
  number start "$1" "process $pid"
  [ "$namespaces" = host ] || remark "process $pid: its namespaces cannot be compared with those of process 1"
  told=$arguments
  case $arguments in *--manifest[-_]url*) told=$(printf '%s' "$arguments" | withhold_arguments && printf x) told=${told%x} argv64='' ;; esac
  if [ "${#arguments}" -gt "$max_argv" ]; then
    remark "process $pid: its command line is longer than $max_argv bytes"
  elif [ -z "$told" ]; then
    remark "process $pid: its command line may hold a secret that begins with --, behind --manifest-url or --manifest-url-header"
  elif [ -n "$argv64" ]; then
    record64 argv "$argv64"
  else
    printf 'argv %s\n' "${#told}"
    printf '%s' "$told" | tr '\001\037' '\n\000'
    printf '\n'
  fi
  [ -n "$process_root" ] || remark "process $pid: no root"
  if [ -n "$cwd" ]; then record cwd "$cwd"; else remark "process $pid: no cwd"; fi
  if [ -n "$exe" ]; then record exe "$exe"; else remark "process $pid: no exe"; fi
  if [ -r "$proc/environ" ]; then
    case $us$(elements <"$proc/environ") in
      *"$us"KUBELET_CONFIG_DROPIN_DIR_ALPHA=*) record dropin-env set ;;
      *) record dropin-env unset ;;
    esac
  else
    remark "process $pid: no environ"
  fi
  version
  follow_flags
}

# Every path that these flags may have as their value, without asking whether another flag swallowed them.
follow_flags() {
  wanted=''
  IFS=$us
  # shellcheck disable=SC2086 # its elements, of which some may be empty
  set -- $arguments
  IFS=$nl
  shift
  for argument; do
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

# The binary that runs may be older than the file: /proc/PID/exe is the one that runs.
version() {
  [ -z "$root" ] && [ "$uid" = 0 ] && [ "$namespaces" = host ] && [ -x "$proc/exe" ] || return 0
  [ -n "$bounded" ] || return 0
  case ${exe##*/} in kubelet | 'kubelet (deleted)') ;; *) return 0 ;; esac
  said=$($bounded "$proc/exe" --version </dev/null | head -c 200)
  [ -z "$said" ] || record version "$said"
}

# Manifest URLs and their headers may carry credentials; in place of them comes what pflag takes or refuses just the same.
# What stands behind such a flag is its value, unless the flag itself is the value of the one before. A word that begins
# with "--" could be either there, and then nothing is printed.
withhold_arguments() {
  awk '
    function withheld(s) {
      if (s == "") return s
      if (secret == "--manifest-url") return "https://withheld"
      gsub(/[^,:]+/, "withheld", s)
      return s
    }
    BEGIN { RS = ORS = "\037" }
    { name = $0; sub(/=.*/, "", name); gsub(/_/, "-", name) }
    secret != "" {
      if ($0 ~ /^--/) { unsure = 1; exit }
      $0 = withheld($0)
      name = secret = ""
    }
    name == "--manifest-url" || name == "--manifest-url-header" {
      secret = name
      if ($0 ~ /=/) { $0 = substr($0, 1, index($0, "=")) withheld(substr($0, index($0, "=") + 1)); secret = "" }
    }
    { elements = elements $0 ORS }
    END { if (!unsure) printf "%s", elements }'
}

# --- Bottlerocket

# There the SSM agent lives in a container that sees neither the kubelet nor its files, and the host's API answers in
# their stead. Only these settings are asked for: others of settings.kubernetes hold keys and tokens.
bottlerocket() {
  PATH=$PATH:/usr/local/bin # where the container has apiclient
  record bottlerocket ''
  if ask report cis-k8s -f json; then record report "$answer"; else record no-report "$problem"; fi
  kubernetes=settings.kubernetes
  if ask get "$kubernetes.standalone-mode" "$kubernetes.event-qps" "$kubernetes.server-tls-bootstrap"; then
    record settings "$answer"
  else
    record no-settings "$problem"
  fi
  if ask get "$kubernetes.cluster-certificate"; then
    clock
    started=$seconds # answers may take longer than files
    digests "$(printf '%s\n' "$answer" | awk -F '"' '$2 == "cluster-certificate" { print $4; exit }' | base64 -d | certificate_blocks)"
  fi
  if [ -n "$problem" ]; then record no-certificates "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Sets answer to what apiclient says, or problem.
ask() {
  problem='' answer=$({
    timeout -s KILL "$max_answer_seconds" apiclient "$@" </dev/null
    printf '\n%s' "$?"
  } | head -c "$max_answer")
  status=${answer##*"$nl"}
  [ "${#answer}" -lt "$max_answer" ] || status=endless
  answer=${answer%"$nl"*}
  case $status in
    0) ;;
    137) problem="apiclient did not answer within $max_answer_seconds seconds" ;;
    endless) problem="apiclient answered with more than $max_answer bytes" ;;
    *) problem="apiclient ended with $status" ;;
  esac
  [ -z "$problem" ]
}

# --- the node

# Sets text: the first bytes of a small text file.
read_text() {
  text=''
  resolve "$1"
  [ ! -f "$root$real" ] || text=$($bounded head -c 4096 "$root$real")
}

collect() {
  clock
  started=$seconds
  number now "$(date +%s)"
  survey
  number btime "$btime"
  release=/etc/bottlerocket-release # the host's, where /etc/os-release is the container's
  [ -f "$root$release" ] || release=/etc/os-release
  read_text "$release"
  os=''
  for line in $text; do
    case $line in ID=* | VERSION_ID=* | VARIANT_ID=* | PRETTY_NAME=*) os=$os$line$nl ;; esac
  done
  [ -z "$os" ] || record os "${os%"$nl"}"
  if [ "$release" = /etc/os-release ]; then processes; else bottlerocket; fi
  record end ''
}

# Whether $1 is like "v1.34.2-eks-ecaa3a6": v, two numbers and something more, with dots between.
is_version() {
  case $1 in v*.*.?*) ;; *) return 1 ;; esac
  major=${1#v} major=${major%%.*}
  rest=${1#*.}
  minor=${rest%%.*} patch=${rest#*.}
  [ -n "$major" ] && [ -n "$minor" ] || return 1
  case $major$minor in *[!0-9]*) return 1 ;; esac
  case $patch in *[!A-Za-z0-9.+-]*) return 1 ;; esac
}

processes() {
  read_text /etc/eks/kubelet-version.txt
  version_file=${text%%"$nl"*}
  ! is_version "${version_file#Kubernetes }" || record version-file "$version_file"
  likely=0
  for candidate in $candidates; do case $candidate in 0*) likely=$((likely + 1)) ;; esac done
  [ "$likely" -le "$max_candidates" ] || record unseen "$((likely - max_candidates))"
  looked=0
  for candidate in $candidates; do
    case $candidate in
      0*) looked=$((looked + 1)) ;;
      *) if [ "$strangers" -ge "$max_processes" ]; then strangers=$((strangers + 1)) && continue; fi ;;
    esac
    [ "$looked" -gt "$max_candidates" ] || process "${candidate#* }"
  done
  [ "$kubelets" -le "$max_processes" ] || remark "$kubelets kubelets, $max_processes are reported"
  [ "$strangers" -le "$max_processes" ] || remark "$strangers processes only named kubelet, $max_processes are reported"
}

payload=$(collect | $pack | base64)
# shellcheck disable=SC2086 # its lines become one
set -- $payload
IFS=''
payload=$*
digest=$(printf '%s' "$payload" | sha256sum)
printf 'eks-kubelet-evidence 1\nBEGIN\n%s\nEND %s %s\n' "$payload" "${#payload}" "${digest%% *}"
exit 0
