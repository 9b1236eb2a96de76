import { judgeModes, kubeconfigPaths } from "./kit/permissions.ts";
import { repairKubeconfig } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "kubeconfig-mode",
  title: "Only root can write the kubelet's kubeconfig",
  failureTitle: "The mode of the kubeconfig is too wide",
  fixTitle: "Restrict the kubeconfig's mode to 0644 (CIS K8s: 0600)",
  why: "The kubeconfig determines which API server the kubelet trusts and how the kubelet authenticates. A user with write access to it can connect the node to another control plane.",
  passes:
    "The file that --kubeconfig names has no permission bit beyond 0644. With the benchmark cis-kubernetes the limit is 0600.",
  fails: "The file has any other bit: write for group or others, execute, set-user-ID, set-group-ID or sticky.",
  notAvailable: "The node runs Windows, the kubelet was started without --kubeconfig, or the file does not exist.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.1.1", "1.1.0": "3.1.1", "1.2.0": "3.1.1", "1.5.0": "3.1.1", "1.7.0": "3.1.1", "1.8.0": "3.1.1" },
  cisKubernetes: "4.1.5",
  stig: { category: 2, ids: { "V-242452": "CNTR-K8-003190" } },
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: repairKubeconfig("chmod a-xst,go-w"),
  check: (audited) => judgeModes(audited, kubeconfigPaths(audited), repairKubeconfig("chmod u-xs,go=")),
  bottlerocket: { check: "4.1.5", ofMode: "0600 from v1.11.1 on" },
} satisfies Rule;
