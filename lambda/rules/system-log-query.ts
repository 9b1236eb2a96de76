import { byTemplate } from "./kit/bottlerocket-settings.ts";
import { alteredBottlerocket, removeFromFiles } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "system-log-query",
  title: "The kubelet does not search the node's system logs",
  failureTitle: "The kubelet searches the node's system logs for clients",
  fixTitle: "Remove enableSystemLogQuery",
  why: "If this setting is on, a client with access to the node's logs can make the kubelet search the logs of the node's services. Kubernetes advises to turn it on only while an administrator needs it.",
  passes: "The effective value of enableSystemLogQuery is false, which is the default.",
  fails: "The effective value is true.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  cis: {},
  alongside: ["cis-kubernetes", "stig"],
  remediation: removeFromFiles("enableSystemLogQuery", alteredBottlerocket),
  check: ({ kubelet }) => judged(kubelet, "enableSystemLogQuery", (isOn) => !isOn),
  bottlerocket: () =>
    byTemplate("passed", "Bottlerocket never sets enableSystemLogQuery and accepts no kubelet flags."),
} satisfies Rule;
