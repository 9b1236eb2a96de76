import { runsWindows } from "../domain/operating-systems.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged, notApplicable } from "./kit/verdict.ts";

export default {
  id: "pod-pids-limit",
  title: "The number of processes of a pod is limited",
  failureTitle: "A pod may create any number of processes",
  fixTitle: "Set podPidsLimit, for example to 4096",
  why: "A pod without a limit can use up the process ids of the node, so that the kubelet and other pods cannot start processes. No benchmark names a number, so this rule passes with any limit and reports it.",
  passes: "The effective value of podPidsLimit is above 0. The reason contains the value.",
  fails: "The value is 0 or negative, which means no limit. The default is -1, also on the images of Amazon Linux.",
  notAvailable: "The node runs Windows, which has no such limit.",
  severity: "LOW",
  level: 1,
  cis: {},
  cisKubernetes: "4.2.13",
  remediation: setInKubelet({
    config: { podPidsLimit: 4096 },
    flag: "--pod-max-pids=4096",
    bottlerocket:
      "Set the limit in the user data, [settings.kubernetes] pod-pids-limit = 4096, and replace the nodes; on a live node run:\napiclient set kubernetes.pod-pids-limit=4096",
    windows: "Nothing to do: the kubelet does not limit processes on Windows.",
  }),
  check(node) {
    if (runsWindows(node)) return notApplicable("The kubelet does not limit processes on Windows.");
    return judged(node.kubelet, "podPidsLimit", (limit) => limit > 0);
  },
  bottlerocket: { check: "4.2.13" },
} satisfies Rule;
