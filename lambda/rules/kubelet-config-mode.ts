import { configPaths, judgeModes } from "./kit/permissions.ts";
import { repairConfigFiles } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "kubelet-config-mode",
  title: "Only root can write the kubelet's configuration, drop-ins included",
  failureTitle: "The mode of the kubelet's configuration is too wide",
  fixTitle: "Restrict config file and drop-ins to 0644 (CIS K8s 0600)",
  why: "A user with write access to the configuration decides who may command the kubelet after its next restart. Write access to a drop-in, or to a directory of drop-ins, has the same effect.",
  passes:
    "The file that --config names and every drop-in have no permission bit beyond 0644, and the directories of drop-ins none beyond 0755. With the benchmark cis-kubernetes the limit of the config file is 0600.",
  fails: "One of them has another bit.",
  notAvailable: "The node runs Windows, or the kubelet was started without --config and --config-dir.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.1.3", "1.1.0": "3.1.3", "1.2.0": "3.1.3", "1.5.0": "3.1.3", "1.7.0": "3.1.3", "1.8.0": "3.1.3" },
  cisKubernetes: "4.1.9",
  stig: { category: 2, ids: { "V-242407": "CNTR-K8-000890", "V-242456": "CNTR-K8-003230" } },
  controls: ["NIST.800-53.r5 CM-5(6)", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: repairConfigFiles("chmod a-xst,go-w", "chmod a-st,go-w"),
  check: (audited) => judgeModes(audited, configPaths(audited), repairConfigFiles("chmod u-xs,go=", "chmod a-st,go-w")),
  bottlerocket: { check: "4.1.9", ofMode: "0600" },
} satisfies Rule;
