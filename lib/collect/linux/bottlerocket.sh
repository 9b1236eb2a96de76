# Bottlerocket. The SSM agent runs in a container that sees neither the kubelet nor its files, so this part queries the
# host's API. It requests only these settings, because others of settings.kubernetes contain keys and tokens.
# Prints: bottlerocket, report, settings, further, certificates, or why one is missing.
# Sets: nothing for other parts. Uses: digests, certificates.awk, apiclient.
# Limits: max_answer, max_answer_seconds.
# Test: test/lib/collect/bottlerocket.node.test.ts

max_answer=65536     # bytes of one reply of Bottlerocket's API; a report has 5,000
max_answer_seconds=6 # for each of four replies: 4 * 6 s, 2 s of awk and max_seconds stay below the 30 s of Run Command

bottlerocket() {
  PATH=$PATH:/usr/local/bin # in the container, apiclient is in this directory
  record bottlerocket ''
  kubernetes=settings.kubernetes
  record_reply report report cis-k8s -f json
  record_reply settings get "$kubernetes.standalone-mode" "$kubernetes.event-qps" "$kubernetes.server-tls-bootstrap"
  # A separate query, because earlier releases lack some of these settings and may refuse the whole query.
  record_reply further get "$kubernetes.static-pods-enabled" "$kubernetes.seccomp-default" "$kubernetes.hostname-override"
  if ask get "$kubernetes.cluster-certificate"; then
    answer=${answer#*'"cluster-certificate"'*'"'} answer=${answer%%'"'*}
    found=$(printf '%s' "$answer" | base64 -d | $bounded 2 awk "$certificates_awk") || problem='its certificates could not be read'
    digests
  fi
  if [ -n "$problem" ]; then record no-certificates "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Runs apiclient with the arguments after $1. Prints its output as the record $1, or the problem as no-$1.
record_reply() {
  name=$1
  shift
  if ask "$@"; then record "$name" "$answer"; else record "no-$name" "$problem"; fi
}

# Sets answer to the output of apiclient, or sets problem.
ask() {
  answer=$({
    $bounded -s KILL "$max_answer_seconds" apiclient "$@" </dev/null
    printf '\n%s' "$?"
  } | head -c "$max_answer")
  status=${answer##*"$nl"} problem=''
  [ "${#answer}" -lt "$max_answer" ] || status=endless
  answer=${answer%"$nl"*}
  case $status in
    0) ;;
    137) problem="apiclient did not answer within $max_answer_seconds seconds" ;;
    endless) problem="apiclient returned more than $max_answer bytes" ;;
    *) problem="apiclient ended with $status" ;;
  esac
  [ -z "$problem" ]
}
