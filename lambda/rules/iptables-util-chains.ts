import { runsWindows } from "../domain/operating-systems.ts";
import { alteredBottlerocket, setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged, notApplicable } from "./kit/verdict.ts";

export default {
  id: "iptables-util-chains",
  title: "The kubelet keeps its own iptables chains",
  failureTitle: "The kubelet does not keep its iptables chains",
  fixTitle: "Set makeIPTablesUtilChains to true",
  why: "The kubelet's iptables chains contain rules that the node's network relies on, for example to drop packets that must not leave the node. If they are maintained by hand instead, they come to differ from the needs of pods and services.",
  passes: "The effective value of makeIPTablesUtilChains is true.",
  fails: "The effective value is false.",
  notAvailable: "The node runs Windows, which has no iptables.",
  severity: "LOW",
  level: 1,
  cis: { "1.0.1": "3.2.7", "1.1.0": "3.2.7", "1.2.0": "3.2.7", "1.5.0": "3.2.6", "1.7.0": "3.2.6", "1.8.0": "3.2.6" },
  cisKubernetes: "4.2.6",
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: setInKubelet({
    config: { makeIPTablesUtilChains: true },
    flag: "--make-iptables-util-chains=true",
    bottlerocket: alteredBottlerocket,
    windows: "Nothing to do: Windows has no iptables.",
  }),
  check(node) {
    if (runsWindows(node)) return notApplicable("Windows has no iptables.");
    return judged(node.kubelet, "makeIPTablesUtilChains", (made) => made);
  },
  bottlerocket: { check: "4.2.6", lenient: true },
} satisfies Rule;
