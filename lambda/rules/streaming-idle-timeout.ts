import type { Declaration } from "../domain/setting.ts";
import { letterOf } from "./kit/letter.ts";
import { alteredBottlerocket, setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

const name = "streamingConnectionIdleTimeout";

/** Whether the value is a Go duration whose only digit is zero, such as "0", "0s" or "0h0m". */
function isZero(declaration: Declaration | undefined): boolean {
  const value = declaration?.value;
  return typeof value === "string" && value.includes("0") && !/[1-9]/.test(value);
}

/** Whether a formatted Go duration, such as "4h0m0s" or "1m30s", is at least the five minutes of V-245541. */
function isFiveMinutes(duration: string): boolean {
  const [, hours = "0", minutes = "0"] = /^(?:(\d+)h)?(?:(\d+)m(?!s))?/.exec(duration) ?? [];
  return Number(hours) > 0 || Number(minutes) >= 5;
}

export default {
  id: "streaming-idle-timeout",
  title: "Idle streaming connections of the kubelet time out",
  failureTitle: "Idle streaming connections of the kubelet never time out",
  fixTitle: "Set streamingConnectionIdleTimeout, for example to 4h",
  why: "An idle exec, attach or port-forward connection leaves a container open to access, and many of them exhaust the node. In today's kubelets the container runtime's own timeout closes them, but the benchmark still requires the kubelet's value.",
  passes:
    "The effective value of streamingConnectionIdleTimeout is not zero. The kubelet replaces a zero in a config file by its default of 4 hours. With the benchmark stig the value must be 5 minutes or more.",
  fails: "The effective value is zero. Only the flag, or a drop-in on Kubernetes 1.29 to 1.31, can set it to zero.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 1,
  cis: { "1.0.1": "3.2.5", "1.1.0": "3.2.5", "1.2.0": "3.2.5", "1.5.0": "3.2.5", "1.7.0": "3.2.5", "1.8.0": "3.2.5" },
  cisKubernetes: "4.2.5",
  stig: { category: 2, ids: { "V-245541": "CNTR-K8-001300" } },
  controls: ["NIST.800-53.r5 SC-10", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-kt7",
  remediation: setInKubelet({
    config: { streamingConnectionIdleTimeout: "4h0m0s" },
    flag: "--streaming-connection-idle-timeout=4h0m0s",
    bottlerocket: alteredBottlerocket,
  }),
  check({ kubelet, benchmarks }) {
    const { from, overrode } = kubelet.settings[name];
    const ignored = from.layer === "default" && isZero(overrode[0]);
    const remark = ignored ? "; the benchmark's text forbids a zero in a file, but the kubelet ignores this zero" : "";
    const isShort = benchmarks.includes("stig") && !isFiveMinutes(kubelet.settings[name].value);
    const limit = isShort ? "; the STIG requires 5 minutes or more" : "";
    return judged(kubelet, name, (timeout) => timeout !== "0s" && !isShort, `${remark}${limit}`);
  },
  letter: ({ kubelet }) => letterOf(kubelet, name, { number: "V-245541" }),
  bottlerocket: { check: "4.2.5", lenient: true },
} satisfies Rule;
