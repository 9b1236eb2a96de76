# Selects from a configuration file the text that may leave the node, and finds the client CA files that it may name.
# docs/evidence.md has the rules.
# Variables: size, the bytes of the file; fields, the field names in small letters between blanks.
# Prints: "content", "part" or why nothing is sent; a line for each client CA, in which byte 1 replaces a line break;
# "end"; and the text to send. Limits: max_names.
# Tests: test/lib/collect/secrets.node.test.ts, certificates.node.test.ts

BEGIN {
  max_names = 64
  max_sorted = 65536 # characters; sorting takes quadratic time
  no_byte = sprintf("%c", 0)
  part = kinds = held = ""
  bytes = quotes = begun = cut = json = nul = odd = unsure = found = anchors = 0
  secret_keys = "^staticpodurl(header)?$"
  blank = "[ \t\n]*"
  kind = "kind[\"\047]?" blank ":"
  # Tags, an anchor and the head of a block may precede a value. The long word is "kubeletconfiguration" in base64.
  own = kind blank "((!!?[a-z]+|&[a-z0-9_-]+)[ \t\n]+)*([>|][-+0-9]*[ \t]*\n[ \t]*)?[\"\047]?(kubeletconfiguration|s3vizwxldenvbmzpz3vyyxrpb24=)"
}

# Returns the first lines of a list as one text. Appending many short pieces to one long text would take quadratic time.
function joined(list, last,   i, s, chunk) {
  s = chunk = ""
  for (i = 1; i <= last; i++) {
    chunk = chunk list[i]
    if (length(chunk) > 4096) { s = s chunk; chunk = "" }
  }
  return s chunk
}

function count(s, what) { return gsub(what, "", s) }

# Returns whether s, in small letters, names at least one kind and each kind is KubeletConfiguration. An alias counts as
# the scalar at its anchor. If several anchors have the name of the alias, it counts as another kind.
function is_own(s,   anchor, rest, total, aliases) {
  aliases = 0
  while (++aliases <= max_names && match(s, kind blank "[*][a-z0-9_-]+")) {
    anchor = substr(s, RSTART, RLENGTH)
    sub(/.*[*]/, "", anchor)
    rest = small
    anchor = count(rest, "&" anchor "[ \t\n]") == 1 && match(small, "&" anchor "[ \t]+[\"\047]?kubeletconfiguration") ? "kind: kubeletconfiguration" : "kind: "
    sub(kind blank "[*][a-z0-9_-]+", anchor, s)
  }
  total = count(s, kind)
  return total > 0 && total == count(s, own)
}

# Returns whether s, in small letters, may hide the name staticPodURL: in escaped letters, around an escaped line break,
# or in base64. No letter outside of ASCII folds to a letter of "podurl".
function may_hide_secret(s) {
  return s ~ /\\(x|u00|u000000)(50|70|4f|6f|44|64|55|75|52|72|4c|6c)/ || s ~ /[podur](\\\n[ \t\n]*)+[odurl]/ || s ~ /![^! \t\n,]*(binary|[%<])|(^|\n)%tag/
}

# Returns a line without its comment. A "#" does not begin a comment inside a text from an earlier line, or after an odd
# number of quotes.
function without_comment(s,   head) {
  if (json || quotes % 2) return s
  if (s ~ /^[ \t]*#/) return ""
  if (match(s, /[ \t]#/)) {
    head = substr(s, 1, RSTART - 1)
    if (head !~ /\\/ && count(head, "\"") % 2 == 0 && count(head, "\047") % 2 == 0) return head
  }
  return s
}

# Adds staticPodURL or staticPodURLHeader to "held", with other texts in place of secrets. Sets "unsure" if the type of
# the value is not certain.
function hold(key, member, separator,   value, lists, last, i, ending) {
  value = substr(member, index(member, ":") + 1)
  if (value ~ /^[ \t]*(""|\047\047|null|~|[{][}])?[ \t]*$/) last = 0
  else if (key == "staticpodurl" && value ~ /^[ \t]*("[^"]*"|\047[^\047]*\047|[A-Za-z]+:\/\/[^ \t]*)[ \t]*$/) value = " \"https://withheld\""
  else if (key != "staticpodurl" && value ~ /^[ \t]*[{]("[^"]*"[ \t]*:[ \t]*(null|[[]("[^]["]*"[, \t]*)*[]])[, \t]*)+[}][ \t]*$/) {
    last = split(value, lists, "[")
    value = lists[1]
    for (i = 2; i <= last; i++) {
      ending = substr(lists[i], index(lists[i], "]"))
      lists[i] = substr(lists[i], 1, index(lists[i], "]") - 1)
      gsub(/"[^"]*"/, "\"withheld\"", lists[i])
      value = value "[" lists[i] ending
    }
  } else unsure = 1
  held = held separator substr(member, 1, index(member, ":")) value
}

# Adds a further line of the value, in block YAML, to "held" in the same way as hold.
function hold_line(key, row) {
  if (row ~ /^[ \t]*$/) return
  if (key == "staticpodurl" || row !~ /^[ \t]+(["\047]?[A-Za-z][A-Za-z0-9_-]*["\047]?:([ \t]+null)?|-[ \t]+("[^"]*"|\047[^\047]*\047))[ \t]*$/) unsure = 1
  sub(/-[ \t]+["\047].*/, "- \"withheld\"", row)
  held = held "\n" row
}

# Sorts the lines of block YAML by the last key without indentation: lines of the key "kind" go to "kinds", lines of
# known fields to "part", keys of secrets to "held". Returns whether the key of each line is certain.
function sort_lines(s,   lines, last, i, row, key, kept) {
  if (length(s) > max_sorted) return 0
  last = split(s, lines, "\n") - 1 # s ends with a line break
  key = ""
  kept = 0
  for (i = 1; i <= last; i++) {
    row = lines[i]
    if (row ~ /^(%|---[ \t]*$)/) continue
    if (match(row, /^["\047]?[A-Za-z][A-Za-z0-9_.\/-]*["\047]?[ \t]*:/) && substr(row, RLENGTH + 1) ~ /^([ \t]|$)/) {
      key = tolower(substr(row, 1, RLENGTH))
      gsub(/["\047: \t]/, "", key)
      kept = index(fields, " " key " ")
      if (key ~ secret_keys) hold(key, row, "\n")
    } else if (row !~ /^([ \t]|-([ \t]|$)|$)/) return 0
    else if (key ~ secret_keys) hold_line(key, row)
    # While a quote or bracket is open, the next row may look like a key without being one.
    if (count(row, "\"") % 2 || count(row, "\047") % 2 || count(row, "[[{]") != count(row, "[]}]")) return 0
    if (kept) part = part row "\n"
    if (key == "kind") kinds = kinds row "\n"
  }
  if (held != "") part = part substr(held, 2) "\n"
  return 1
}

# Sorts the members of a JSON object in the same way. Returns whether s is a JSON object.
function sort_members(s,   token, depth, name, member) {
  if (length(s) > max_sorted) return 0
  depth = 0
  name = member = ""
  while (match(s, /^[ \t\n]*("([^"\\]|\\.)*"|[^][{}:,"\\ \t\n]+|[][{}:,])/)) {
    token = substr(s, 1, RLENGTH)
    s = substr(s, RLENGTH + 1)
    sub(/^[ \t\n]+/, "", token)
    if (token ~ /^[[{]$/ && ++depth == 1) continue
    if (token ~ /^[]}]$/) depth--
    if (depth == 0 || depth == 1 && token == ",") {
      if (index(fields, " " name " ")) part = part (part == "" ? "{" : ",\n") member
      if (name == "kind") kinds = kinds member "\n"
      if (name ~ secret_keys) hold(name, member, ",\n")
      name = member = ""
      if (depth == 0) break
    } else {
      if (name == "") { name = tolower(token); gsub(/"/, "", name) }
      member = member token
    }
  }
  part = part held "}\n"
  return depth == 0 && s ~ /^[ \t\n]*$/
}

function hex(digit) { return index("0123456789abcdef", tolower(digit)) - 1 }

function unescaped(s,   done, tries) {
  done = ""
  tries = 0
  while (match(s, /\\(u00|x|U000000)[0-9A-Fa-f][0-9A-Fa-f]/) && ++tries <= 1000) {
    done = done substr(s, 1, RSTART - 1) sprintf("%c", 16 * hex(substr(s, RSTART + RLENGTH - 2, 1)) + hex(substr(s, RSTART + RLENGTH - 1, 1)))
    s = substr(s, RSTART + RLENGTH)
  }
  if (tries > 1000) odd = 1
  s = done s
  gsub(/\\\//, "/", s)
  gsub(/\\\n[ \t\n]*/, "", s)
  return s
}

function print_name(s, ending,   last) {
  sub(/^[ \t\n]+/, "", s)
  for (last = length(s); last && index(" \t\n", substr(s, last, 1)); last--) continue
  s = substr(s, 1, last)
  if (s == "" || s ~ /:( |$)/) return
  gsub(/\n/, "\001", s)
  print s ending
}

# Prints each path that the value at the beginning of s can mean.
function print_value(s, aliases,   anchor, block, rest) {
  if (length(s) > 8192) s = substr(s, 1, 8192)
  while (sub(/^[ \t\n]*[!&][^ \t\n]*[ \t\n]+/, "", s)) continue
  sub(/^[ \t\n]+/, "", s)
  if (match(s, /^[*][^] \t\n,}]+/)) {
    anchor = "&" substr(s, 2, RLENGTH - 1)
    for (rest = text; aliases < 3 && ++anchors <= 1000 && match(rest, /&[^] \t\n,}]+[ \t\n]/); rest = substr(rest, RSTART + RLENGTH))
      if (substr(rest, RSTART, RLENGTH - 1) == anchor) return print_value(substr(rest, RSTART + RLENGTH), aliases + 1)
    return
  }
  if (match(s, /^("[^"]*"|\047[^\047]*\047)/)) {
    s = substr(s, 2, RLENGTH - 2)
    gsub(/[ \t]*\n[ \t]*/, " ", s)
    return print_name(s, "")
  }
  block = match(s, /^[|>][-+0-9]*[ \t]*\n/) ? substr(s, 1, RLENGTH) : ""
  s = substr(s, length(block) + 1)
  # A plain text continues in lines with more indentation. A line that contains ": " is the next key instead.
  if (block == "" && match(s, /^[^\n]*(\n[ \t]+[^ \t\n:#][^\n:]*)+(\n|$)/)) {
    rest = substr(s, 1, RLENGTH)
    gsub(/[ \t]*\n[ \t]*/, " ", rest)
    print_name(rest, "")
  }
  sub(/\n.*/, "", s)
  sub(/[ \t]#.*/, "", s)
  print_name(s, block == "" || block ~ /-/ ? "" : "\001")
  if (sub(/[],}].*/, "", s)) print_name(s, "")
}

{ bytes += length($0) + 1 }
index($0, no_byte) && length(no_byte) { nul = 1 }
{ whole[NR] = $0 "\n" }
cut { next }
{
  line = $0
  if (NR == 1) sub(/^\357\273\277/, "", line)
  sub(/\r$/, "", line)
  # The kubelet reads only the first document of a YAML file, so only that one is sent.
  if (line ~ /^(---|\.\.\.)([ \t]|$)/) {
    if (begun) { cut = NR; next }
    begun = 1
  }
  if (line ~ /\r|\302\205|\342\200[\250\251]/) odd = 1
  if (!begun && line ~ /^[ \t]*[{]/) json = 1
  line = without_comment(line)
  quotes += count(line, "[\"\047]")
  if (line !~ /^[ \t]*$/ && line !~ /^%/) begun = 1
  codes[NR] = line "\n"
  # In such a line the base64 is a value, so it cannot hide the name of a field.
  suspects[NR] = line ~ /^[ \t]*["\047]?[A-Za-z]+["\047]?:[ \t]+!!binary[ \t]+[A-Za-z0-9+\/]+=*[ \t]*$/ ? "" : line "\n"
}

END {
  # Some awk programs treat NUL as a line break.
  if (length(no_byte) == 0) "tr -d \047\\001-\\377\047 <\"$scanned\" | wc -c" | getline nul
  raw = joined(codes, cut ? cut : NR)
  text = unescaped(raw)
  small = tolower(text)
  if (small ~ /[*][a-z0-9_-]+[ \t\n]*:([ \t\n]|$)/) odd = 1 # an alias that is a key
  wholly_own = is_own(small)
  content = cut ? joined(whole, cut - 1) substr(whole[cut], 1, 3) "\n" : joined(whole, NR)
  secret = tolower(content) ~ /podurl/
  sorted = (secret || !wholly_own) && (json ? sort_members(text) : sort_lines(text))
  # Escapes, anchors, tags and blocks make it uncertain which lines or members contain the secrets.
  separate = sorted && !unsure && is_own(tolower(kinds)) && raw !~ /\\|(^|[ \t\n,:[{-])[&*!|>?%@`]/ && count(small, "podurl") == count(tolower(held), "podurl")
  if (nul + 0 || (bytes != size && bytes != size + 1)) verdict = "it holds NUL bytes, or changed while it was read"
  else if (secret && !separate || may_hide_secret(tolower(joined(suspects, cut ? cut : NR)))) verdict = "it may hold a secret in a form that this script does not know"
  else if (odd) verdict = "it may be something other than a KubeletConfiguration"
  else if (secret) { verdict = "part"; content = part }
  else if (wholly_own || sorted && is_own(tolower(kinds))) verdict = cut ? "part" : "content"
  else if (sorted && kinds != "" && text !~ /(^|[ \t\n,:[{])[&*][A-Za-z0-9]/) { verdict = "part"; content = part }
  else if (small !~ kind && text !~ /[\\!&*]|[^\t\n -~]/) verdict = "it names no kind"
  else if (small ~ /kubeletconfiguration/ || text ~ /[\\!&*]|[^\t\n -~]/) verdict = "it may be something other than a KubeletConfiguration"
  else verdict = "it is not a KubeletConfiguration"
  print verdict
  unread = text
  while (match(unread, /[cC][lL][iI][eE][nN][tT][cC][aA][fF][iI][lL][eE]["\047]?[ \t\n]*:[ \t\n]*/) && ++found <= max_names) {
    unread = substr(unread, RSTART + RLENGTH)
    print_value(unread, 0)
  }
  print "end"
  if (verdict == "content" && bytes == size + 1) content = substr(content, 1, length(content) - 1)
  if (verdict == "content" || verdict == "part") printf "%s", content
}
