import { line } from "../text.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { ReportingNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, judged } from "./kit/verdict.ts";

export default {
  id: "event-qps",
  title: "The kubelet records events at a rate that fits the node",
  failureTitle: "The kubelet records events at an invalid rate",
  fixTitle: "Set eventRecordQPS to 50, or to the rate the node needs",
  why: "Events are the trace that an investigation follows, and a rate too low loses them. Which rate is enough depends on the node, so this only tells the value in effect.",
  passes: "eventRecordQPS is 0 or more in effect, which holds for every kubelet that runs; the reason says what it is.",
  fails: "It is negative, which a kubelet does not start with.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 2,
  cis: { "1.0.1": "3.2.9", "1.1.0": "3.2.9", "1.2.0": "3.2.9", "1.5.0": "3.2.7", "1.7.0": "3.2.7", "1.8.0": "3.2.7" },
  datadog: "def-000-c51",
  remediation: setInKubelet({
    config: { eventRecordQPS: 50 },
    flag: "--event-qps=50",
    bottlerocket:
      "Set the events a second that fit the node in the user data, [settings.kubernetes] event-qps = 50, and replace the nodes; on a live node run:\napiclient set kubernetes.event-qps=50",
  }),
  check({ kubelet }) {
    const remark = kubelet.settings.eventRecordQPS.value === 0 ? meaningOfZero(kubelet.version) : "";
    return judged(kubelet, "eventRecordQPS", (qps) => qps >= 0, remark);
  },
  bottlerocket: judgeSetting,
} satisfies Rule;

/**
 * Sources: kubernetes cmd/kubelet/app/server.go hands the value to client-go, whose rest/config.go reads 0 as its
 * default; kubernetes#117119 changed that in 1.37.
 */
function meaningOfZero(version: string): string {
  const minor = Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);
  if (minor >= 37) return "; 0 means no limit";
  const default5 = "; 0 is not without limit but the client library's default of 5 a second";
  return minor < 37 ? default5 : `${default5}, from Kubernetes 1.37 on no limit`;
}

function judgeSetting({ answers: { settings } }: ReportingNode): Verdict {
  if (typeof settings === "string")
    return incompleteVerdict(`Bottlerocket did not tell its settings: ${line(settings)}.`);
  const qps = settings["event-qps"];
  const from = "settings.kubernetes.event-qps";
  if (qps === undefined)
    return { status: "passed", because: `${from} is not set, so the kubelet's own default holds.`, from };
  // Source: kubernetes cmd/kubelet/app/server.go hands the value to client-go, whose rest/config.go reads 0 as its default.
  const zero = qps === 0 ? "; 0 is not without limit but the client library's default of 5 a second" : "";
  const because = `eventRecordQPS is ${qps} because ${from} sets it${zero}.`;
  return { status: qps >= 0 ? "passed" : "failed", because, value: qps, from };
}
