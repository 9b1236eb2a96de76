import { letterOf } from "./kit/letter.ts";
import { alteredBottlerocket, setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "read-only-port",
  title: "The kubelet serves no read-only port",
  failureTitle: "The read-only port serves data without authentication",
  fixTitle: "Set readOnlyPort to 0",
  why: "The read-only port shows every client what runs on the node, without authentication and encryption. Pod specifications often contain information that helps an attacker.",
  passes: "The effective value of readOnlyPort is 0.",
  fails: "The effective value is another port. The default of a kubelet without a config file is 10255.",
  notAvailable: "Only when the node could not be read.",
  severity: "MEDIUM",
  level: 1,
  cis: { "1.0.1": "3.2.4", "1.1.0": "3.2.4", "1.2.0": "3.2.4", "1.5.0": "3.2.4", "1.7.0": "3.2.4", "1.8.0": "3.2.4" },
  cisKubernetes: "4.2.4",
  stig: { category: 1, ids: { "V-242387": "CNTR-K8-000330" } },
  controls: ["NIST.800-53.r5 AC-3", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: setInKubelet({
    config: { readOnlyPort: 0 },
    flag: "--read-only-port=0",
    bottlerocket: alteredBottlerocket,
  }),
  check: ({ kubelet }) => judged(kubelet, "readOnlyPort", (port) => port === 0),
  letter: ({ kubelet }) => letterOf(kubelet, "readOnlyPort", { number: "V-242387", optional: true }),
  bottlerocket: { check: "4.2.4" },
} satisfies Rule;
