#!/usr/bin/env bash
# The step of action.yml: runs the packaged command line with the inputs of the action, which are in AUDIT_* variables.
# Exit code of the command: 0 nothing failed, 1 failed verdicts, 2 something could not be determined.
set -euo pipefail

: "${AUDIT_PACKAGE:?}" "${AUDIT_FORMAT:?}" "${AUDIT_OUTPUT:?}" "${AUDIT_FAIL_ON:?}"
options=(--output "$AUDIT_FORMAT" --out "$AUDIT_OUTPUT" --fail-on "$AUDIT_FAIL_ON")
read -ra regions <<<"${AUDIT_REGIONS:-}"
read -ra clusters <<<"${AUDIT_CLUSTERS:-}"
read -ra benchmarks <<<"${AUDIT_BENCHMARKS:-}"
for region in "${regions[@]}"; do options+=(--region "$region"); done
for cluster in "${clusters[@]}"; do options+=(--cluster "$cluster"); done
for benchmark in "${benchmarks[@]}"; do options+=(--benchmark "$benchmark"); done
if [[ -n ${AUDIT_EXCEPTIONS:-} ]]; then options+=(--exceptions "$AUDIT_EXCEPTIONS"); fi
if [[ -n ${AUDIT_RULES:-} ]]; then options+=(--rules "$AUDIT_RULES"); fi

echo "file=$AUDIT_OUTPUT" >>"${GITHUB_OUTPUT:-/dev/null}"
exec npx --yes --package "$AUDIT_PACKAGE" -- eks-kubelet-auditor run "${options[@]}"
