import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "authorization-mode",
  title: "The kubelet asks the API server what a client may do",
  failureTitle: "The kubelet allows every request (AlwaysAllow)",
  fixTitle: "Set authorization.mode to Webhook",
  why: "In mode AlwaysAllow every client that gets past authentication may run commands in any container of the node. Webhook leaves that decision to the cluster's own access rules.",
  passes: "authorization.mode is not AlwaysAllow in effect.",
  fails: "It is AlwaysAllow in effect, as it is by default for a kubelet without a config file.",
  notAvailable: "Only when the node could not be read.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.2", "1.1.0": "3.2.2", "1.2.0": "3.2.2", "1.5.0": "3.2.2", "1.7.0": "3.2.2", "1.8.0": "3.2.2" },
  datadog: "def-000-jhc",
  remediation: setInKubelet({
    config: { authentication: { webhook: { enabled: true } }, authorization: { mode: "Webhook" } },
    flag: "--authorization-mode=Webhook",
    snapOption: true,
    bottlerocket:
      "Bottlerocket allows everything in standalone mode only. Turn that off in the user data, [settings.kubernetes] standalone-mode = false, and replace the nodes; on a live node run:\napiclient set kubernetes.standalone-mode=false",
  }),
  check: ({ kubelet }) => judged(kubelet, "authorization.mode", (mode) => mode !== "AlwaysAllow"),
  bottlerocket: { check: "4.2.2", standalone: "allows every request (AlwaysAllow)" },
} satisfies Rule;
