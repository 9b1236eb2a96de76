import { configPaths, judgeModes } from "./kit/permissions.ts";
import { repairConfigFiles } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "kubelet-config-mode",
  title: "Only root can write the kubelet's configuration, drop-ins included",
  failureTitle: "The mode of the kubelet's configuration is too wide",
  fixTitle: "Set config file and drop-ins to mode 0644 or stricter",
  why: "Whoever can write the configuration decides who may command the kubelet once it restarts. A drop-in, or a directory in which one can be created, is as good as the main file.",
  passes:
    "The file that --config names and every drop-in have no permission bit beyond 0644, and the directories of drop-ins none beyond 0755.",
  fails: "Any of them has another bit.",
  notAvailable: "Windows nodes, and kubelets started without a config file.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.1.3", "1.1.0": "3.1.3", "1.2.0": "3.1.3", "1.5.0": "3.1.3", "1.7.0": "3.1.3", "1.8.0": "3.1.3" },
  remediation: repairConfigFiles("chmod a-xst,go-w", "chmod a-st,go-w"),
  check: (audited) => judgeModes(audited, configPaths(audited)),
  bottlerocket: { check: "4.1.9", ofMode: true },
} satisfies Rule;
