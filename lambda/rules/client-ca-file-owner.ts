import { letterOf } from "./kit/letter.ts";
import { clientCAPaths, judgeOwners } from "./kit/permissions.ts";
import { repairClientCA } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";

export default {
  id: "client-ca-file-owner",
  title: "The kubelet's client CA file belongs to root",
  failureTitle: "The kubelet's client CA file does not belong to root",
  fixTitle: "Give the client CA file to root:root",
  why: "The owner of a file can change it in spite of its mode. If the client CA file belongs to another user or group, they can add a CA and act as any client of the kubelet.",
  passes: "The client CA file has user 0 and group 0.",
  fails: "The file has another user or group.",
  notAvailable:
    "The node runs Windows, no client CA is configured (client-ca-file fails then), or the evidence lacks the owner.",
  severity: "MEDIUM",
  level: 1,
  cis: {},
  cisKubernetes: "4.1.8",
  stig: { category: 2, ids: { "V-242450": "CNTR-K8-003170" } },
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: repairClientCA("chown root:root"),
  check: (audited) => judgeOwners(audited, clientCAPaths(audited)),
  letter: ({ kubelet }) =>
    letterOf(kubelet, "authentication.x509.clientCAFile", { number: "V-242450", optional: true }),
  bottlerocket: { check: "4.1.8" },
} satisfies Rule;
