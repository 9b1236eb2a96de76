import { line, listed, moment } from "../text.ts";
import { changes, mayHaveChanged } from "./kit/config-changes.ts";
import { benchmarkOf } from "./kit/judge-bottlerocket.ts";
import { makeReachable } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "node-auditable",
  title: "The node's kubelet can be audited",
  failureTitle: "The node's kubelet cannot be audited",
  fixTitle: "Make the node reachable over SSM",
  why: "A node that is not audited may not comply. Every node has this finding, so gaps in the audit appear as findings too.",
  passes:
    "The node was reached, its evidence is complete, and its kubelet's effective configuration could be determined.",
  fails: "One of these conditions is not met. The reason names it, and the remediation describes what to do.",
  notAvailable: "Only for capacity that SSM does not reach, once per cluster: EKS Auto Mode and Fargate.",
  severity: "MEDIUM",
  cis: {},
  remediation: makeReachable,
  check(audited) {
    const { process, kubelet } = audited;
    const { pid, startedAt, unit, preferredTo = [] } = process;
    const since = startedAt === undefined ? "" : ` since ${moment(startedAt)}`;
    const place = unit === undefined ? "as a child of process 1" : `in ${unit}`;
    const preferred =
      preferredTo.length === 0 ? "" : ` ${place}, and so was preferred to process ${listed(preferredTo.map(String))}`;
    const possible = mayHaveChanged(audited);
    const notes = [...(possible.length > 0 ? [changes(possible, "may have changed")] : []), ...kubelet.remarks];
    const remarks = notes.length === 0 ? "" : ` Note: ${listed(notes.map(line))}.`;
    return {
      status: "passed",
      because: `The kubelet of Kubernetes ${kubelet.version} (${kubelet.versionFrom}) was read; it runs as process ${pid}${since}${preferred}.${remarks}`,
      value: kubelet.version,
      from: kubelet.versionFrom,
    };
  },
  unread: ({ code, because, fix }) => ({ status: "failed", reason: code, because, fix }),
  bottlerocket: ({ release: { versionId = "", variantId = "" }, report }) => ({
    status: "passed",
    because: `${line(`Bottlerocket ${versionId} (${variantId})`)} reported on its kubelet by the ${benchmarkOf(report)}.`,
    value: versionId,
    from: "apiclient report cis-k8s",
  }),
} satisfies Rule;
