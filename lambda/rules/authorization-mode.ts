import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

/** The only check of the STIG that requires a flag of the kubelet. Its other checks forbid flags. */
const addFlag =
  "Add --authorization-mode=Webhook to the kubelet's flags in the user data (AL2023: spec.kubelet.flags of the NodeConfig, also in /etc/eks/nodeadm.d; AL2 and Ubuntu: bootstrap.sh --kubelet-extra-args), and replace the nodes.";

export default {
  id: "authorization-mode",
  title: "The kubelet asks the API server what a client may do",
  failureTitle: "The kubelet allows every request (AlwaysAllow)",
  fixTitle: "Set authorization.mode to Webhook",
  why: "In mode AlwaysAllow every client that passes authentication may run commands in any container of the node. In mode Webhook the cluster's access rules decide.",
  passes: "The effective value of authorization.mode is not AlwaysAllow.",
  fails: "The effective value is AlwaysAllow, which is the default of a kubelet without a config file.",
  notAvailable: "Only when the node could not be read.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.2", "1.1.0": "3.2.2", "1.2.0": "3.2.2", "1.5.0": "3.2.2", "1.7.0": "3.2.2", "1.8.0": "3.2.2" },
  cisKubernetes: "4.2.2",
  stig: { category: 1, ids: { "V-242392": "CNTR-K8-000380" } },
  controls: ["NIST.800-53.r5 AC-3", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-jhc",
  remediation: setInKubelet({
    config: { authentication: { webhook: { enabled: true } }, authorization: { mode: "Webhook" } },
    flag: "--authorization-mode=Webhook",
    snapOption: true,
    bottlerocket:
      "Bottlerocket allows every request in standalone mode only. Turn standalone mode off in the user data, [settings.kubernetes] standalone-mode = false, and replace the nodes; on a live node run:\napiclient set kubernetes.standalone-mode=false",
  }),
  check: ({ kubelet }) => judged(kubelet, "authorization.mode", (mode) => mode !== "AlwaysAllow"),
  letter({ kubelet }) {
    const { from } = kubelet.settings["authorization.mode"];
    if (from.layer === "flag") return undefined;
    const because = "The check requires the flag --authorization-mode=Webhook, and the command line does not have it.";
    return { number: "V-242392", because, fix: addFlag };
  },
  bottlerocket: { check: "4.2.2", standalone: { does: "allows every request (AlwaysAllow)", value: "AlwaysAllow" } },
} satisfies Rule;
