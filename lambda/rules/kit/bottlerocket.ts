import type { CisReport } from "../../evidence/bottlerocket.ts";
import type { BottlerocketEvidence, Evidence } from "../../evidence/evidence.ts";
import { line, quoted } from "../../text.ts";
import { judgeTrust } from "../client-ca-trust.ts";
import type { CertificateAuthority, Rule, Verdict } from "./rule.ts";
import { incomplete, notApplicable } from "./verdict.ts";

/** A Bottlerocket node that reported on its kubelet. Nothing but the report and the settings can be seen of it. */
export interface ReportingNode {
  release: Evidence["os"];
  report: CisReport;
  answers: BottlerocketEvidence;
  /** The cluster's own CA certificates; undefined when EKS did not tell. */
  clusterCA: readonly CertificateAuthority[] | undefined;
  /** Epoch seconds. */
  now: number;
}

/** How a check of Bottlerocket's report answers a rule. Numbers are of the CIS Kubernetes Benchmark. */
interface Twin {
  check: string;
  /** It may ask for a stricter mode than the rule's 0644; when it fails it tells the mode. */
  ofMode?: true;
  /** It also passes a config file that it could not make sense of. */
  lenient?: true;
  /** What standalone mode does to the kubelet. Source: bottlerocket-core-kit, packages/kubernetes-1.33/kubelet-config. */
  standalone?: string;
}

/** Source: bottlerocket-core-kit, sources/bloodhound/src/bin/kubernetes-cis-checks/checks.rs. */
const twins: Readonly<Record<string, Twin>> = {
  "kubeconfig-mode": { check: "4.1.5", ofMode: true },
  "kubeconfig-owner": { check: "4.1.6" },
  "kubelet-config-mode": { check: "4.1.9", ofMode: true },
  "kubelet-config-owner": { check: "4.1.10" },
  "anonymous-auth": { check: "4.2.1", standalone: "answers anonymous requests" },
  "authorization-mode": { check: "4.2.2", standalone: "allows every request (AlwaysAllow)" },
  "client-ca-file": { check: "4.2.3", standalone: "has no client CA" },
  "read-only-port": { check: "4.2.4" },
  "streaming-idle-timeout": { check: "4.2.5", lenient: true },
  "iptables-util-chains": { check: "4.2.6", lenient: true },
  "rotate-server-certificate": { check: "4.2.11", lenient: true },
};

/** What the report has no answer to. */
const others: Readonly<Record<string, (node: ReportingNode) => Verdict>> = {
  "event-qps": eventQPS,
  "rotate-client-certificates": () => ({
    status: "passed",
    because:
      "Bottlerocket never writes rotateCertificates and takes no flags, so nobody declares it; that is no decision against it, and EKS nodes authenticate with IAM.",
    from: "Bottlerocket's template of the kubelet's configuration",
  }),
  "client-ca-trust": trust,
  "config-drift": () =>
    notApplicable(
      "Bottlerocket shows nobody the kubelet's files; it writes them itself and restarts the kubelet when a setting changes.",
    ),
  "node-auditable": ({ release: { versionId = "", variantId = "" }, report }) => ({
    status: "passed",
    because: `${line(`Bottlerocket ${versionId} (${variantId})`)} reported on its kubelet by the ${benchmarkOf(report)}.`,
    value: versionId,
    from: "apiclient report cis-k8s",
  }),
};

/** Judges a rule by what Bottlerocket itself reports: it passes only what the report passes, or what cannot be set there. */
export function judgeBottlerocket({ id }: Pick<Rule, "id">, node: ReportingNode): Verdict {
  const twin = twins[id];
  if (twin) return judgeTwin(twin, node);
  return others[id]?.(node) ?? notApplicable("Bottlerocket's report says nothing about this.");
}

function judgeTwin(twin: Twin, node: ReportingNode): Verdict {
  const { report } = node;
  const from = `check ${twin.check} of apiclient report cis-k8s, which reads /etc/kubernetes/kubelet; Bottlerocket takes no kubelet flags`;
  if (twin.standalone && isStandalone(node)) {
    const because = `settings.kubernetes.standalone-mode is true, so the kubelet ${twin.standalone}.`;
    return { status: "failed", because, value: true, from: "settings.kubernetes.standalone-mode" };
  }
  const found = report.checks.get(twin.check);
  if (found === undefined) return incomplete(`Bottlerocket's report lacks check ${twin.check}.`);
  const told = `Bottlerocket's report says ${found.status}${found.error === "" ? "" : `, ${quoted(found.error)}`} (${benchmarkOf(report)}, ${twin.check})`;
  if (found.status === "SKIP") return incomplete(`${told}.`);
  if (twin.lenient && found.status === "PASS" && !understood(report))
    return incomplete(`${told}, but it says that as well of a config file that it cannot read as one.`);
  if (twin.ofMode && found.status === "FAIL") return { ...judgeMode(found.error, told), from };
  return { status: found.status === "PASS" ? "passed" : "failed", because: `${told}${remark(twin, node)}.`, from };
}

/** CIS asks EKS nodes for "644 or more restrictive", where the report asks for 600. */
const widestMode = 0o644;

/** The error has the mode in octal behind "0x". Source: bottlerocket, sources/bloodhound/src/lib.rs check_file_not_mode. */
function judgeMode(error: string, told: string): Verdict {
  const [, octal] = /has extra permissions: 0x([0-7]{1,4})$/.exec(error) ?? [];
  if (octal === undefined) return incomplete(`${told}, which does not tell whether 0644 is kept.`);
  const kept = (Number.parseInt(octal, 8) & ~widestMode) === 0;
  const because = `${told}, which ${kept ? "keeps 0644, all that this benchmark asks for" : "breaks 0644, too"}.`;
  return { status: kept ? "passed" : "failed", because, value: octal.padStart(4, "0") };
}

/** These checks SKIP when the config file cannot be read or parsed, so any other answer proves that it can. */
function understood({ checks }: CisReport): boolean {
  const answers = ["4.2.1", "4.2.2", "4.2.3", "4.2.4"].map((id) => checks.get(id)?.status ?? "SKIP");
  return answers.some((status) => status !== "SKIP");
}

function remark({ check }: Twin, { answers: { settings } }: ReportingNode): string {
  const unsigned = typeof settings !== "string" && settings["server-tls-bootstrap"] === false;
  return check === "4.2.11" && unsigned
    ? "; server-tls-bootstrap is false, so the kubelet does not ask the cluster to sign one"
    : "";
}

function isStandalone({ answers: { settings } }: ReportingNode): boolean {
  return typeof settings !== "string" && settings["standalone-mode"] === true;
}

function eventQPS({ answers: { settings } }: ReportingNode): Verdict {
  if (typeof settings === "string") return incomplete(`Bottlerocket did not tell its settings: ${line(settings)}.`);
  const qps = settings["event-qps"];
  const from = "settings.kubernetes.event-qps";
  if (qps === undefined)
    return { status: "passed", because: `${from} is not set, so the kubelet's own default holds.`, from };
  // Source: kubernetes cmd/kubelet/app/server.go hands the value to client-go, whose rest/config.go reads 0 as its default.
  const zero = qps === 0 ? "; 0 is not without limit but the client library's default of 5 a second" : "";
  const because = `eventRecordQPS is ${qps} because ${from} sets it${zero}.`;
  return { status: qps >= 0 ? "passed" : "failed", because, value: qps, from };
}

/** Bottlerocket writes the setting, base64-decoded, to the client CA file that check 4.2.3 finds configured. */
function trust(node: ReportingNode): Verdict {
  const { answers, report, clusterCA, now } = node;
  if (isStandalone(node)) return notApplicable("In standalone mode the kubelet takes no client certificate.");
  if (report.checks.get("4.2.3")?.status !== "PASS")
    return incomplete("Bottlerocket's report does not say that the kubelet uses its client CA file (4.2.3).");
  if (typeof answers.certificates === "string")
    return incomplete(`Bottlerocket did not tell its cluster-certificate: ${line(answers.certificates)}.`);
  return judgeTrust("settings.kubernetes.cluster-certificate", answers.certificates, clusterCA, now);
}

function benchmarkOf({ benchmark, version }: CisReport): string {
  return line(`${benchmark} ${version}`);
}
