import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "anonymous-auth",
  title: "The kubelet refuses anonymous requests",
  failureTitle: "The kubelet answers anonymous requests",
  fixTitle: "Set authentication.anonymous.enabled to false",
  why: "With anonymous requests on, anybody who reaches port 10250 is a user the kubelet knows by the name system:anonymous. What such a user may do then rests on authorization alone, and some set-ups grant it everything.",
  passes: "authentication.anonymous.enabled is false in effect.",
  fails: "It is true in effect, as it is by default for a kubelet without a config file.",
  notAvailable: "Only when the node could not be read.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.1", "1.1.0": "3.2.1", "1.2.0": "3.2.1", "1.5.0": "3.2.1", "1.7.0": "3.2.1", "1.8.0": "3.2.1" },
  datadog: "def-000-vkj",
  remediation: setInKubelet({
    config: { authentication: { anonymous: { enabled: false } } },
    flag: "--anonymous-auth=false",
    snapOption: true,
    bottlerocket:
      "Bottlerocket turns this on in standalone mode only. Turn that off in the user data, [settings.kubernetes] standalone-mode = false, and replace the nodes; on a live node run:\napiclient set kubernetes.standalone-mode=false",
  }),
  check: ({ kubelet }) => judged(kubelet, "authentication.anonymous.enabled", (enabled) => !enabled),
  bottlerocket: { check: "4.2.1", standalone: "answers anonymous requests" },
} satisfies Rule;
