import { letterOf } from "./kit/letter.ts";
import { clientCAPaths, judgeModes } from "./kit/permissions.ts";
import { repairClientCA } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "client-ca-file-mode",
  title: "Only root can write the kubelet's client CA file",
  failureTitle: "The mode of the client CA file is wider than 0644",
  fixTitle: "Set the client CA file's mode to 0644 or stricter",
  why: "The kubelet accepts clients of every CA in this file, and loads a change without a restart. A user with write access to it can add a CA and act as any client, administrators included.",
  passes: "The client CA file has no permission bit beyond 0644.",
  fails: "The file has any other bit: write for group or others, execute, set-user-ID, set-group-ID or sticky.",
  notAvailable:
    "The node runs Windows, no client CA is configured (client-ca-file fails then), or the evidence lacks the mode.",
  severity: "MEDIUM",
  level: 1,
  cis: {},
  cisKubernetes: "4.1.7",
  stig: { category: 2, ids: { "V-242449": "CNTR-K8-003160" } },
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: repairClientCA("chmod a-xst,go-w"),
  check: (audited) => judgeModes(audited, clientCAPaths(audited)),
  letter: ({ kubelet }) =>
    letterOf(kubelet, "authentication.x509.clientCAFile", { number: "V-242449", optional: true }),
  bottlerocket: { check: "4.1.7", ofMode: "0600" },
} satisfies Rule;
