import { line } from "../text.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { ReportingNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, judged } from "./kit/verdict.ts";

export default {
  id: "event-qps",
  title: "The kubelet records events at a rate that fits the node",
  failureTitle: "The kubelet records events at an invalid rate",
  fixTitle: "Set eventRecordQPS to 50, or to the rate the node needs",
  why: "Investigations rely on events, and a rate that is too low loses them. The sufficient rate depends on the node, so this rule passes with any valid rate and reports the effective value.",
  passes:
    "The effective value of eventRecordQPS is 0 or more, as on every running kubelet. The reason contains the value.",
  fails: "The value is negative, with which a kubelet does not start.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 2,
  cis: { "1.0.1": "3.2.9", "1.1.0": "3.2.9", "1.2.0": "3.2.9", "1.5.0": "3.2.7", "1.7.0": "3.2.7", "1.8.0": "3.2.7" },
  cisKubernetes: "4.2.8",
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-c51",
  remediation: setInKubelet({
    config: { eventRecordQPS: 50 },
    flag: "--event-qps=50",
    bottlerocket:
      "Set the number of events per second that fits the node in the user data, [settings.kubernetes] event-qps = 50, and replace the nodes; on a live node run:\napiclient set kubernetes.event-qps=50",
  }),
  check({ kubelet }) {
    const remark = kubelet.settings.eventRecordQPS.value === 0 ? meaningOfZero(kubelet.version) : "";
    return judged(kubelet, "eventRecordQPS", (qps) => qps >= 0, remark);
  },
  bottlerocket: judgeSetting,
} satisfies Rule;

/**
 * Sources: kubernetes cmd/kubelet/app/server.go passes the value to client-go, whose rest/config.go replaces 0 by its
 * default. kubernetes#117119 changed that in 1.37.
 */
function meaningOfZero(version: string): string {
  const minor = Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);
  if (minor >= 37) return "; 0 means no limit";
  const default5 = "; 0 means the client library's default of 5 events per second";
  return minor < 37 ? default5 : `${default5}, and from Kubernetes 1.37 on no limit`;
}

function judgeSetting({ answers: { settings } }: ReportingNode): Verdict {
  if (typeof settings === "string")
    return incompleteVerdict(`Bottlerocket did not return its settings: ${line(settings)}.`);
  const qps = settings["event-qps"];
  const from = "settings.kubernetes.event-qps";
  if (qps === undefined)
    return { status: "passed", because: `${from} is not set, so the kubelet's default applies.`, from };
  // Source: kubernetes cmd/kubelet/app/server.go passes the value to client-go, whose rest/config.go replaces 0 by its
  // default.
  const zero = qps === 0 ? "; 0 means the client library's default of 5 events per second" : "";
  const because = `eventRecordQPS is ${qps} because ${from} sets it${zero}.`;
  return { status: qps >= 0 ? "passed" : "failed", because, value: qps, from };
}
