# Selects from a configuration file the text that may leave the node, and finds the PEM files that it may name:
# client CA, serving certificate and key.
# docs/evidence.md has the rules.
# Prints: "content", "part" or why nothing is sent. Then, if text is sent: a line with the PEM files, each
# followed by byte 31, with byte 1 in place of a line break, after "k" for a key and "c" for certificates; and the text.
# Uses: size, the bytes of the file; fields, the field names in small letters between blanks.
# Limits: max_names, max_sorted.
# Tests: test/lib/collect/secrets.node.test.ts, certificates.node.test.ts, awk-programs.node.test.ts

BEGIN {
  RS = sprintf("%c", 1) # YAML and JSON do not allow this character, so the whole file is one record
  max_names = 64
  max_sorted = 65536 # characters; members() takes quadratic time
  unknown_kind = "it may be something other than a KubeletConfiguration"
  unknown_secret = "it may hold a secret in a form that this script does not know"
  whole = content = part = kinds = held = ""
  open = ending = unsure = ambiguous = found = 0
  blank = "[ \t\n]*"
  kind = "kind[\"\047]?" blank ":"
  pem = "(clientca|tlscert|tlsprivatekey)file[\"\047]?" blank ":" blank
  # Tags, an anchor and the head of a block may precede a value. The long word is "kubeletconfiguration" in base64.
  own = kind blank "((!!?[a-z]+|&[a-z0-9_-]+)[ \t\n]+)*([>|][-+0-9]*[ \t]*\n[ \t]*)?[\"\047]?(kubeletconfiguration|s3vizwxldenvbmzpz3vyyxrpb24=)[\"\047]?[ \t]*([\n,}]|$)"
  continued = "kubeletconfiguration[\"\047]?[ \t]*\n[ \t]+[^] \t\n}:][^\n:]*(\n|$)" # a text of several lines
  name = "^(\"[^\"\\\\]*\"|\047[^\047]*\047|[A-Za-z_$][A-Za-z0-9_./-]*)[ \t]*:"
  quoted = "(\"([^\"\\\\]|\\\\.)*\"|\047([^\047]|\047\047)*\047)"
  url = "^[ \t]*(" quoted "|[A-Za-z]+://[^ \t\n]*)" blank "$"
  # Patterns of staticPodURLHeader, in JSON and in block YAML, that can only be a map of lists of strings.
  json_headers = "[{](\"[^\"]*\"[ \t]*:[ \t]*(null|[[](\"[^\"]*\"[, \t]*)*[]])[, \t]*)+[}]" blank
  yaml_name = "\n[ \t]+[\"\047]?[A-Za-z][A-Za-z0-9_-]*[\"\047]?:([ \t]+null)?[ \t]*"
  yaml_value = "\n[ \t]+-[ \t]+" quoted "[ \t]*"
  headers = "^[ \t]*(" json_headers "|(" yaml_name "|" yaml_value "|\n[ \t]*)*)$"
  # Line breaks that only YAML has, the Kelvin sign, which Go folds to "k", and "?" before an explicit key.
  odd = "\r[^\n]|\302\205|\342\200[\250\251]|\342\204\252|\\\\[uU](0000)?212[aA]|(^|\n|[,{[])[ \t]*(-[ \t]+)*[?]([ \t\n]|$)"
}

function count(s, what) { return gsub(what, "", s) }

# Returns whether s, in small letters, names a kind at the top and each kind is KubeletConfiguration.
function is_own(s,   top) {
  top = s
  if (json) sub(/[{]/, "\n", top)
  while (json && gsub(/[{][^{}]*[}]/, "", top)) continue # removes the objects in the object
  return top ~ top_kind && count(s, kind) == count(s, own)
}

# Returns a line without its quoted texts.
function unquoted(s,   out) {
  out = ""
  s = " " s
  while (match(s, "[ \t,:[{-]" quoted)) {
    out = out substr(s, 1, RSTART) " "
    s = substr(s, RSTART + RLENGTH)
  }
  return out s
}

# Returns whether a quoted text of several lines may begin in a line. A quote within a word does not begin one.
function opens(s) { return unquoted(s) ~ /[ \t,:[{-]["\047]/ }

# Returns a line without its comment. After the beginning of a text of several lines, no comment is certain. Sets
# "ambiguous" if a kind stands in what may be a comment, or after a quote in a comment, which may end a quoted text.
function without_comment(s,   head) {
  if (json || !match(s, /(^|[ \t])#/)) return s
  head = RSTART > 1 ? substr(s, 1, RSTART - 1) : ""
  if (tolower(unescaped(substr(s, length(head) + 1))) ~ /["\047].*kind["\047]?[ \t]*:/) ambiguous = 1
  if (!open && head !~ /\\/ && !opens(head)) return head
  if (tolower(s) ~ /#.*kubeletconfiguration/) ambiguous = 1
  return s
}

# Returns the lines of the first document without comments. The kubelet reads no other document of a file. Sets "ending"
# to the number of characters before the next document, or to 0.
function first_document(   lines, last, i, line, in_document, at, s) {
  last = split(whole, lines, "\n")
  if (lines[last] == "") last-- # the file ends with a line break
  in_document = at = 0
  s = ""
  for (i = 1; i <= last; i++) {
    line = lines[i]
    gsub(/^\357\273\277|\r$/, "", line)
    if (line ~ /^(---|\.\.\.)([ \t]|$)/ && in_document++) { ending = at; return s }
    at += length(lines[i]) + 1
    line = without_comment(line)
    if (!json && opens(line)) open = 1
    if (line !~ /^([ \t]*|%.*)$/) in_document = 1 # neither empty nor a YAML directive
    s = s line "\n"
  }
  return s
}

# Decodes the escapes of letters, digits and slashes, and removes escaped line breaks. Used only to detect names.
function unescaped(s,   byte) {
  for (byte = 47; byte < 123 && s ~ /\\[xuU]/; byte++)
    gsub("\\\\(x|u00|U000000)" sprintf("(%x|%X)", byte, byte), sprintf("%c", byte), s)
  gsub(/\\\//, "/", s)
  gsub(/\\\r?\n[ \t\r\n]*/, "", s)
  return s
}

# Replaces each alias of a kind or client CA by the first line of the value at its anchor. Sets "ambiguous" if several
# anchors have its name.
function expanded(s,   tries, alias, anchor, from, value) {
  tries = 0
  while (++tries <= max_names && match(tolower(s), "(" kind blank "|" pem ")[*][a-z0-9_-]+")) {
    alias = substr(s, RSTART, RLENGTH)
    from = RSTART + RLENGTH
    sub(/.*[*]/, "", alias)
    anchor = "&" alias "[ \t\n]+((!!?[a-z]+|[|>][-+0-9]*)[ \t\n]+)*"
    if (count(s, anchor) > 1) ambiguous = 1
    value = match(s, anchor) ? substr(s, RSTART + RLENGTH, 4096) : "null"
    sub(/[],}\n].*/, "", value)
    s = substr(s, 1, from - length(alias) - 2) value substr(s, from)
  }
  return s
}

# Returns the lines of a key with another text in place of the secret. Sets "unsure" if the type of the value is not
# certain.
function withheld(key, member,   value) {
  value = substr(member, index(member, ":") + 1)
  if (value ~ /^[ \t]*(""|\047\047|null|~|[{][}])?[ \t\n]*$/) return member
  if (value !~ (key == "staticpodurl" ? url : headers)) unsure = 1
  return substr(member, 1, index(member, ":")) (key == "staticpodurl" ? " \"https://withheld\"\n" : " {\"withheld\": [\"withheld\"]}\n")
}

# Assigns the lines of a key: those of "kind" go to "kinds", those of known fields to "part", those of secrets to "held".
function sort_member(key, member) {
  if (index(fields, " " key " ")) part = part member
  if (key == "kind") kinds = kinds member
  if (key ~ /^staticpodurl(header)?$/) held = held withheld(key, member)
}

# Assigns each line of block YAML, or of the output of members(), to the last key without indentation. Returns whether
# the key of each line is certain.
function sort_lines(s,   rows, last, i, row, next_key, key, member) {
  if (s == "" || length(s) > max_sorted) return 0
  last = split(s, rows, "\n") - 1 # s ends with a line break
  key = member = ""
  for (i = 1; i <= last; i++) {
    row = rows[i]
    if (row ~ /^(%|---[ \t]*$)/) continue
    if (match(row, name) && (json || substr(row, RLENGTH + 1) ~ /^([ \t]|$)/)) {
      next_key = tolower(substr(row, 1, RLENGTH))
      gsub(/^["\047]|["\047]?[ \t]*:$/, "", next_key)
      sort_member(key, member)
      key = next_key
      member = ""
    } else if (row !~ /^([ \t]|-([ \t]|$)|$)/ || key == "" && row ~ /[^ \t]/) return 0
    # While a quote or bracket is open, the next row may look like a key without being one. A comment may be left directly
    # after a quote or bracket.
    if (!json && (opens(row) || unquoted(row) ~ /[] \t}]#/ || count(unquoted(row), "[[{]") != count(unquoted(row), "[]}]"))) return 0
    member = member row "\n"
  }
  sort_member(key, member)
  part = part held
  return 1
}

# Returns the members of a JSON object, one per line. Returns "" if s is not a JSON object.
function members(s,   token, depth, out) {
  depth = 0
  out = ""
  while (length(s) <= max_sorted && match(s, /^[ \t\n]*("[^"\n]*"|true|false|null|-?[0-9][0-9.eE+-]*|[][{}:,])/)) {
    token = substr(s, 1, RLENGTH)
    s = substr(s, RLENGTH + 1)
    sub(/^[ \t\n]+/, "", token)
    depth += (token ~ /^[[{]$/) - (token ~ /^[]}]$/)
    if (depth == 0) break
    out = out (depth > 1 || token !~ /^[{,]$/ ? token : "\n")
  }
  return depth == 0 && s ~ /^[ \t\n]*$/ ? substr(out, 2) "\n" : ""
}

# Prints each path that the value at the beginning of s can mean.
function print_names(s,   literal) {
  s = substr(s, 1, 8192)
  while (sub(/^[!&][^ \t\n]*[ \t\n]+/, "", s)) continue
  if (match(s, /^("[^"]*"|\047[^\047]*\047)/)) {
    s = substr(s, 2, RLENGTH - 2)
    gsub(/[ \t]*\n[ \t]*/, " ", s)
    return print_name(s)
  }
  literal = sub(/^[|>][-+0-9]*[ \t]*\n[ \t]*/, "", s)
  sub(/\n.*/, "", s)
  sub(/[ \t]#.*/, "", s)
  print_name(s)
  if (literal) print_name(s "\001")
  if (sub(/[],}].*/, "", s)) print_name(s)
}

function print_name(s) {
  sub(/[ \t]+$/, "", s)
  if (s != "" && s !~ /:( |$)/) printf "%s%s\037", type, s
}

# Returns "content" or "part", or why nothing is sent. If it returns "part" for selected
# members, it sets the variable content to them.
function outcome(   nul, tagged, secret, only_own, sorted) {
  nul = sprintf("%c", 0) # some awk programs cut a text at NUL, so that "whole" is smaller than the file
  if (length(whole) != size || length(nul) && index(whole, nul)) return "it holds NUL or SOH bytes, or changed while it was read"
  # Escapes and base64 can hide the name of a secret, escapes even in what looks like a comment. Base64 after a key on the
  # same line is a value and not a name. No letter outside of ASCII folds to a letter of "podurl".
  tagged = tolower(code)
  gsub(":[ \t]+!!binary[ \t]+[a-z0-9+/]+=*[ \t]*\n", ":\n", tagged)
  if (tagged ~ /![^! \t\n,]*(binary|[%<])|(^|\n)%tag/ || count(tolower(unescaped(content)), "podurl") != count(tolower(content), "podurl")) return unknown_secret
  secret = tolower(content) ~ /podurl/
  only_own = is_own(lowered)
  sorted = (secret || !only_own) && code !~ /\\/ && sort_lines(json ? members(code) : code)
  only_own = only_own || sorted && is_own(tolower(kinds))
  # Anchors, tags and blocks make it uncertain which lines contain the secrets.
  if (secret && (!sorted || !only_own || unsure || code ~ /(^|[ \t\n,:[{-])[&*!|>?%@`]/ || count(lowered, "podurl") != count(tolower(held), "podurl"))) return unknown_secret
  if (ambiguous || content ~ odd || lowered ~ continued || lowered ~ /[*][a-z0-9_-]+[ \t\n]*:([ \t\n]|$)/) return unknown_kind
  if (only_own && !secret) return ending ? "part" : "content"
  # Of an object of another kind, only members with the names of kubelet fields are sent.
  if (secret || sorted && kinds != "" && code !~ /(^|[ \t\n,:[{])[&*][A-Za-z0-9]/) {
    if (json) { sub(/\n$/, "", part); gsub(/\n/, ",\n", part); part = "{" part "}\n" }
    content = dealiased = part
    return "part"
  }
  if (code ~ /[\\!&*]|[^\t\n -~]/ || lowered ~ kind && lowered ~ /kubeletconfiguration/) return unknown_kind
  return lowered ~ kind ? "it is not a KubeletConfiguration" : "it names no kind"
}

NR == 1 { whole = $0 }

END {
  json = whole ~ /^(\357\273\277)?[ \t\r\n]*[{]/
  code = first_document()
  # All keys at the top have the indentation of the first one.
  indent = match(code, /^(%[^\n]*\n|---[ \t]*\n|[ \t]*\n)* +/) ? substr(code, 1, RLENGTH) : ""
  sub(/.*\n/, "", indent)
  top_kind = "(^|\n" (json ? "|,)" blank : ")" indent "([[{][[{ \t\n]*)?") "[\"\047]?" kind
  content = ending ? substr(whole, 1, ending + 3) "\n" : whole
  decoded = unescaped(code)
  dealiased = expanded(decoded)
  lowered = tolower(dealiased)
  answer = outcome()
  print answer
  if (answer !~ /^(content|part)$/) exit
  # Names come only from lines that are sent.
  while (match(tolower(dealiased), pem) && ++found <= max_names) {
    type = tolower(substr(dealiased, RSTART, 10)) == "tlsprivate" ? "k" : "c"
    dealiased = substr(dealiased, RSTART + RLENGTH)
    print_names(dealiased)
  }
  printf "\n%s", content
}
