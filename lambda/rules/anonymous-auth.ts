import { letterOf } from "./kit/letter.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "anonymous-auth",
  title: "The kubelet refuses anonymous requests",
  failureTitle: "The kubelet answers anonymous requests",
  fixTitle: "Set authentication.anonymous.enabled to false",
  why: "With anonymous requests on, the kubelet accepts every client that reaches port 10250 as the user system:anonymous. Only authorization then limits this user, and some set-ups grant it everything.",
  passes: "The effective value of authentication.anonymous.enabled is false.",
  fails: "The effective value is true, which is the default of a kubelet without a config file.",
  notAvailable: "Only when the node could not be read.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.1", "1.1.0": "3.2.1", "1.2.0": "3.2.1", "1.5.0": "3.2.1", "1.7.0": "3.2.1", "1.8.0": "3.2.1" },
  cisKubernetes: "4.2.1",
  stig: { category: 1, ids: { "V-242391": "CNTR-K8-000370" } },
  controls: ["NIST.800-53.r5 AC-3", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-vkj",
  remediation: setInKubelet({
    config: { authentication: { anonymous: { enabled: false } } },
    flag: "--anonymous-auth=false",
    snapOption: true,
    bottlerocket:
      "Bottlerocket accepts anonymous requests in standalone mode only. Turn standalone mode off in the user data, [settings.kubernetes] standalone-mode = false, and replace the nodes; on a live node run:\napiclient set kubernetes.standalone-mode=false",
  }),
  check: ({ kubelet }) => judged(kubelet, "authentication.anonymous.enabled", (enabled) => !enabled),
  letter: ({ kubelet }) => letterOf(kubelet, "authentication.anonymous.enabled", { number: "V-242391" }),
  bottlerocket: { check: "4.2.1", standalone: { does: "answers anonymous requests", value: true } },
} satisfies Rule;
