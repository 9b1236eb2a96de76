import type { Declaration } from "../kubelet/effective.ts";
import { alteredBottlerocket, setInKubelet } from "./remediation.ts";
import type { Rule } from "./rule.ts";
import { judged } from "./verdict.ts";

const name = "streamingConnectionIdleTimeout";

/** A Go duration without a digit but zero, such as "0", "0s" or "0h0m". */
function isZero({ layer, value }: Declaration): boolean {
  return layer !== "flag" && typeof value === "string" && /^[^1-9]*0[^1-9]*$/.test(value);
}

export default {
  id: "streaming-idle-timeout",
  title: "Idle streaming connections of the kubelet time out",
  why: "An idle exec, attach or port-forward connection is a door left open into a container, and enough of them exhaust the node. Today's kubelets leave the closing to the container runtime's own timeout, but the benchmark asks for the kubelet's value all the same.",
  passes:
    "streamingConnectionIdleTimeout is not zero in effect. The kubelet takes a zero in a config file for its default of 4 hours.",
  fails: "It is zero in effect: by the flag, or by a drop-in on Kubernetes 1.29 to 1.31.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 1,
  cis: { "1.0.1": "3.2.5", "1.1.0": "3.2.5", "1.2.0": "3.2.5", "1.5.0": "3.2.5", "1.7.0": "3.2.5", "1.8.0": "3.2.5" },
  datadog: "def-000-kt7",
  remediation: setInKubelet({
    config: { streamingConnectionIdleTimeout: "4h0m0s" },
    flag: "--streaming-connection-idle-timeout=4h0m0s",
    bottlerocket: alteredBottlerocket,
  }),
  check({ kubelet }) {
    const { value, from, overrode } = kubelet.settings[name];
    const passes = value !== "0s";
    const remark = "; the benchmark's text objects to a zero in a file, which this kubelet takes for its default";
    return judged(kubelet, name, () => passes, passes && [from, ...overrode].some(isZero) ? remark : "");
  },
} satisfies Rule;
