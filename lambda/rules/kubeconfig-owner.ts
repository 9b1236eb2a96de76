import { judgeOwners, kubeconfigPaths } from "./kit/permissions.ts";
import { repairKubeconfig } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "kubeconfig-owner",
  title: "The kubelet's kubeconfig belongs to root",
  failureTitle: "The kubelet's kubeconfig does not belong to root",
  fixTitle: "Give the kubeconfig to root:root",
  why: "The owner of a file can change it in spite of its mode. If the kubeconfig belongs to another user or group, they can choose the control plane that commands the node.",
  passes: "The file that --kubeconfig names has user 0 and group 0.",
  fails: "The file has another user or group.",
  notAvailable: "The node runs Windows, the kubelet was started without --kubeconfig, or the file does not exist.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.1.2", "1.1.0": "3.1.2", "1.2.0": "3.1.2", "1.5.0": "3.1.2", "1.7.0": "3.1.2", "1.8.0": "3.1.2" },
  cisKubernetes: "4.1.6",
  stig: { category: 2, ids: { "V-242453": "CNTR-K8-003200" } },
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-ngy",
  remediation: repairKubeconfig("chown root:root"),
  check: (audited) => judgeOwners(audited, kubeconfigPaths(audited)),
  bottlerocket: { check: "4.1.6" },
} satisfies Rule;
