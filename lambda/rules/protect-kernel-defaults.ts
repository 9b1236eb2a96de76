import { runsWindows } from "../domain/operating-systems.ts";
import { byTemplate } from "./kit/bottlerocket-settings.ts";
import { letterOf } from "./kit/letter.ts";
import { alteredBottlerocket, setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged, notApplicable } from "./kit/verdict.ts";

/** Source: kubernetes pkg/kubelet/cm/container_manager_linux.go setupKernelTunables. */
const parameters =
  "vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1, kernel.keys.root_maxkeys=1000000 and kernel.keys.root_maxbytes=25000000";

export default {
  id: "protect-kernel-defaults",
  title: "The kubelet does not change kernel parameters",
  failureTitle: "The kubelet may change kernel parameters of the node",
  fixTitle: "Set protectKernelDefaults to true",
  why: "A kubelet without this protection overwrites the kernel parameters that it needs, and hardened values of the image are lost unnoticed. With it the kubelet refuses to start on a node whose parameters differ.",
  passes: "The effective value of protectKernelDefaults is true.",
  fails:
    "The effective value is false, which is the default. The images of Amazon Linux and Bottlerocket set it to true.",
  notAvailable: "The node runs Windows, which has no such parameters.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.6", "1.1.0": "3.2.6", "1.2.0": "3.2.6" },
  stig: { category: 1, ids: { "V-242434": "CNTR-K8-001620" } },
  controls: ["NIST.800-53.r5 SC-3", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: setInKubelet({
    config: { protectKernelDefaults: true },
    flag: "--protect-kernel-defaults=true",
    bottlerocket: alteredBottlerocket,
    windows: "Nothing to do: Windows has no kernel parameters of this kind.",
  }),
  check(node) {
    if (runsWindows(node)) return notApplicable("Windows has no kernel parameters of this kind.");
    const isOff = !node.kubelet.settings.protectKernelDefaults.value;
    const remark = isOff
      ? `; with true the kubelet starts only if ${parameters} have these values, so set them in a custom image first`
      : "";
    return judged(node.kubelet, "protectKernelDefaults", (isProtected) => isProtected, remark);
  },
  letter: ({ kubelet }) => letterOf(kubelet, "protectKernelDefaults", { number: "V-242434" }),
  bottlerocket: () =>
    byTemplate("passed", "Bottlerocket always sets protectKernelDefaults to true and accepts no kubelet flags.", true),
} satisfies Rule;
