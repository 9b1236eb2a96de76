# Bottlerocket. The SSM agent runs in a container that sees neither the kubelet nor its files, so this part queries the
# host's API. It requests only these settings, because others of settings.kubernetes contain keys and tokens.
# Prints: bottlerocket, report, settings, further, certificates, or why one is missing. Limits: max_answer,
# max_answer_seconds.
# Tests: test/lib/collect/bottlerocket.node.test.ts

max_answer=65536      # bytes of one reply of Bottlerocket's API; a report has 5,000
max_answer_seconds=8  # for one reply; a report is slow, because the host starts two processes for each check
max_further_seconds=4 # for the further settings, so that all four replies together stay below the 30 s of Run Command

bottlerocket() {
  PATH=$PATH:/usr/local/bin # in the container, apiclient is in this directory
  record bottlerocket ''
  patience=$max_answer_seconds
  if ask report cis-k8s -f json; then record report "$answer"; else record no-report "$problem"; fi
  kubernetes=settings.kubernetes
  if ask get "$kubernetes.standalone-mode" "$kubernetes.event-qps" "$kubernetes.server-tls-bootstrap"; then
    record settings "$answer"
  else
    record no-settings "$problem"
  fi
  # A separate query, because earlier releases lack some of these settings and may refuse the whole query.
  patience=$max_further_seconds
  if ask get "$kubernetes.static-pods-enabled" "$kubernetes.seccomp-default" "$kubernetes.hostname-override"; then
    record further "$answer"
  else
    record no-further "$problem"
  fi
  patience=$max_answer_seconds
  if ask get "$kubernetes.cluster-certificate"; then
    clock
    started=$seconds # the replies may take longer than max_seconds, so the time for files begins here
    answer=${answer#*'"cluster-certificate"'*'"'}
    found=$(printf '%s' "${answer%%'"'*}" | base64 -d | $bounded awk "$certificates_awk") || problem='its certificates could not be read'
    digests
  fi
  if [ -n "$problem" ]; then record no-certificates "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Sets answer to the output of apiclient, or sets problem. apiclient has $patience seconds.
ask() {
  problem='' answer=$({
    timeout $foreground -s KILL "$patience" apiclient "$@" </dev/null
    printf '\n%s' "$?"
  } | head -c "$max_answer")
  status=${answer##*"$nl"}
  [ "${#answer}" -lt "$max_answer" ] || status=endless
  answer=${answer%"$nl"*}
  case $status in
    0) ;;
    137) problem="apiclient did not answer within $patience seconds" ;;
    endless) problem="apiclient answered with more than $max_answer bytes" ;;
    *) problem="apiclient ended with $status" ;;
  esac
  [ -z "$problem" ]
}
