import type { CisReport } from "../../evidence/bottlerocket.ts";
import { line, quoted } from "../../text.ts";
import type { ReportCheck, ReportingNode, Rule, Verdict } from "./rule.ts";
import { incompleteVerdict } from "./verdict.ts";

/** Judges a rule on a Bottlerocket node: by a check of Bottlerocket's report, or by a function of the rule. */
export function judgeBottlerocket({ bottlerocket }: Pick<Rule, "bottlerocket">, node: ReportingNode): Verdict {
  return typeof bottlerocket === "function" ? bottlerocket(node) : judgeCheck(bottlerocket, node);
}

function judgeCheck(asked: ReportCheck, node: ReportingNode): Verdict {
  const { report } = node;
  const from = `check ${asked.check} of apiclient report cis-k8s, which reads /etc/kubernetes/kubelet; Bottlerocket takes no kubelet flags`;
  if (asked.standalone && isStandalone(node)) {
    const { does, value } = asked.standalone;
    const because = `settings.kubernetes.standalone-mode is true, so the kubelet ${does}.`;
    return { status: "failed", because, value, from: "settings.kubernetes.standalone-mode = true" };
  }
  const found = report.checks.get(asked.check);
  if (found === undefined) return incompleteVerdict(`Bottlerocket's report lacks check ${asked.check}.`);
  const reported = `Bottlerocket's report contains ${found.status}${found.error === "" ? "" : `, ${quoted(found.error)}`} (${benchmarkOf(report)}, ${asked.check})`;
  if (found.status === "SKIP") return incompleteVerdict(`${reported}.`);
  if (asked.lenient && found.status === "PASS" && !understood(report))
    return incompleteVerdict(`${reported}, but the check also returns PASS if it cannot parse the config file.`);
  const isStrict = node.benchmarks.includes("cis-kubernetes");
  if (asked.ofMode && !isStrict && found.status === "FAIL") return { ...judgeMode(found.error, reported), from };
  if (asked.ofMode === "0600 from v1.11.1 on" && isStrict && found.status === "PASS" && report.version !== "v1.11.1")
    return incompleteVerdict(`${reported}, but this check only requires 0644, and CIS Kubernetes requires 0600.`);
  return { status: found.status === "PASS" ? "passed" : "failed", because: `${reported}${remark(asked, node)}.`, from };
}

/** CIS requires "644 or more restrictive" on EKS nodes, while the report requires 600. */
const widestMode = 0o644;

/**
 * The error contains the mode in octal after "0x". Source: bottlerocket, sources/bloodhound/src/lib.rs
 * check_file_not_mode.
 */
function judgeMode(error: string, reported: string): Verdict {
  const [, octal] = /has extra permissions: 0x([0-7]{1,4})$/.exec(error) ?? [];
  if (octal === undefined) return incompleteVerdict(`${reported}, which does not show whether the mode exceeds 0644.`);
  const kept = (Number.parseInt(octal, 8) & ~widestMode) === 0;
  const because = `${reported}; ${kept ? "the mode is within 0644, the limit of this benchmark" : "the mode also exceeds 0644, the limit of this benchmark"}.`;
  return { status: kept ? "passed" : "failed", because, value: octal.padStart(4, "0") };
}

/**
 * Whether the report could parse the config file. These checks return SKIP if the file cannot be read or parsed, so any
 * other status proves that it could.
 */
function understood({ checks }: CisReport): boolean {
  const answers = ["4.2.1", "4.2.2", "4.2.3", "4.2.4"].map((id) => checks.get(id)?.status ?? "SKIP");
  return answers.some((status) => status !== "SKIP");
}

function remark({ check }: ReportCheck, { answers: { settings } }: ReportingNode): string {
  const unsigned = typeof settings !== "string" && settings["server-tls-bootstrap"] === false;
  return check === "4.2.11" && unsigned
    ? "; server-tls-bootstrap is false, so the kubelet does not ask the cluster to sign its serving certificate"
    : "";
}

export function isStandalone({ answers: { settings } }: ReportingNode): boolean {
  return typeof settings !== "string" && settings["standalone-mode"] === true;
}

export function benchmarkOf({ benchmark, version }: CisReport): string {
  return line(`${benchmark} ${version}`);
}
