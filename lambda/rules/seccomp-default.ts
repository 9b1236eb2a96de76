import { runsWindows } from "../domain/operating-systems.ts";
import { judgeSetting } from "./kit/bottlerocket-settings.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged, notApplicable } from "./kit/verdict.ts";

export default {
  id: "seccomp-default",
  title: "Pods get the container runtime's seccomp profile by default",
  failureTitle: "Pods without a seccomp profile may use every system call",
  fixTitle: "Set seccompDefault to true",
  why: "The container runtime's seccomp profile forbids system calls that containers rarely need and attacks often use. Without this setting only pods that ask for a profile get one.",
  passes: "seccompDefault is true in the configuration, or the flag --seccomp-default is true.",
  fails: "Both are false, which is the default, also on the images of Amazon Linux and Bottlerocket.",
  notAvailable: "The node runs Windows, or the evidence of a Bottlerocket node lacks the setting seccomp-default.",
  severity: "LOW",
  level: 1,
  cis: {},
  cisKubernetes: "4.2.14",
  remediation: setInKubelet({
    config: { seccompDefault: true },
    flag: "--seccomp-default=true",
    bottlerocket:
      "Test the workloads first. Then set this in the user data, [settings.kubernetes] seccomp-default = true, and replace the nodes; on a live node run:\napiclient set kubernetes.seccomp-default=true",
    windows: "Nothing to do: Windows has no seccomp.",
  }),
  check(node) {
    if (runsWindows(node)) return notApplicable("Windows has no seccomp.");
    const isOff = !node.kubelet.settings.seccompDefault.value;
    const remark = isOff ? "; test the workloads before setting it, because the profile can stop them" : "";
    return judged(node.kubelet, "seccompDefault", (isOn) => isOn, remark);
  },
  bottlerocket: (node) =>
    judgeSetting(node, "seccomp-default", ({ value = false, because, from }) => ({
      status: value ? "passed" : "failed",
      because: `${because}, so seccompDefault is ${value}.`,
      value,
      from,
    })),
} satisfies Rule;
