import { configPaths, judgeOwners } from "./kit/permissions.ts";
import { repairConfigFiles } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "kubelet-config-owner",
  title: "The kubelet's configuration belongs to root, drop-ins included",
  failureTitle: "The kubelet's configuration does not belong to root",
  fixTitle: "Give config file and drop-ins to root:root",
  why: "The owner of a file can change it in spite of its mode. If a config file, drop-in or drop-in directory belongs to another user, that user controls the kubelet after its next restart.",
  passes: "The file that --config names, every drop-in and the directories of drop-ins have user 0 and group 0.",
  fails: "One of them has another user or group.",
  notAvailable: "The node runs Windows, or the kubelet was started without --config and --config-dir.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.1.4", "1.1.0": "3.1.4", "1.2.0": "3.1.4", "1.5.0": "3.1.4", "1.7.0": "3.1.4", "1.8.0": "3.1.4" },
  cisKubernetes: "4.1.10",
  stig: { category: 2, ids: { "V-242406": "CNTR-K8-000880", "V-242457": "CNTR-K8-003240" } },
  controls: ["NIST.800-53.r5 CM-5(6)", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-5nt",
  remediation: repairConfigFiles("chown root:root", "chown root:root"),
  check: (audited) => judgeOwners(audited, configPaths(audited)),
  bottlerocket: { check: "4.1.10" },
} satisfies Rule;
