# Bottlerocket. There the SSM agent lives in a container that sees neither the kubelet nor its files, and the host's API
# answers in their stead. Only these settings are asked for: others of settings.kubernetes hold keys and tokens.
# Prints: bottlerocket, report, settings, certificates or why not. Limits: max_answer, max_answer_seconds.
# Tests: test/lib/collect/bottlerocket.node.test.ts

max_answer=65536     # bytes of one answer of Bottlerocket's API; a report has 5,000
max_answer_seconds=8 # for one answer: the host starts two processes for each of the report's checks

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
    answer=${answer#*'"cluster-certificate"'*'"'}
    found=$(printf '%s' "${answer%%'"'*}" | base64 -d | $bounded awk "$certificates_awk") || problem='its certificates could not be looked through'
    digests
  fi
  if [ -n "$problem" ]; then record no-certificates "$problem"; else record certificates "${list%"$nl"}"; fi
}

# Sets answer to what apiclient prints, or problem.
ask() {
  problem='' answer=$({
    timeout $foreground -s KILL "$max_answer_seconds" apiclient "$@" </dev/null
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
