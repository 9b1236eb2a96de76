import type { CertificateEvidence } from "../evidence/files.ts";
import { line, listed, moment, plain, quoted } from "../text.ts";
import { isStandalone } from "./kit/judge-bottlerocket.ts";
import { trustClusterCA } from "./kit/remediation.ts";
import type { CertificateAuthority, ReportingNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, notApplicable } from "./kit/verdict.ts";

/**
 * The verdict contains a warning from this many seconds before the CA's expiry. A new cluster CA requires new nodes,
 * which takes planning.
 */
const expiryNotice = 90 * 24 * 60 * 60;

export default {
  id: "client-ca-trust",
  title: "The kubelet accepts only clients of its own cluster's CA",
  failureTitle: "The kubelet trusts a foreign, expired or invalid client CA",
  fixTitle: "Leave only the cluster's own CA in the client CA file",
  why: "The kubelet accepts client certificates issued by any CA in the client CA file. The holder of a foreign CA can therefore act as any user or group, administrators included, and nothing in the cluster shows it.",
  passes:
    "Every certificate in the client CA file is one that EKS returns as the cluster's own CA, is a CA certificate and is within its validity period. The reason mentions an expiry within 90 days.",
  fails:
    "The file contains another certificate, or the cluster's own certificate is not a CA certificate or is outside its validity period.",
  notAvailable:
    "No client CA is configured (client-ca-file fails then), EKS did not return the cluster's CA, or the evidence lacks the certificates.",
  severity: "CRITICAL",
  cis: {},
  remediation: trustClusterCA,
  check({ kubelet, evidence, clusterCA, now }) {
    const path = kubelet.paths.clientCA;
    if (path === undefined)
      return notApplicable("No client CA is configured, so the kubelet accepts no client certificates.");
    return judgeTrust(path, evidence.files.get(path)?.certificates, clusterCA, now);
  },
  bottlerocket: judgeSetting,
} satisfies Rule;

/**
 * Bottlerocket decodes the setting from base64 and writes it to the client CA file. Check 4.2.3 verifies that the
 * kubelet uses this file.
 */
function judgeSetting(node: ReportingNode): Verdict {
  const { answers, report, clusterCA, now } = node;
  if (isStandalone(node)) return notApplicable("In standalone mode the kubelet accepts no client certificates.");
  if (report.checks.get("4.2.3")?.status !== "PASS")
    return incompleteVerdict(
      "Bottlerocket's report does not confirm that the kubelet uses its client CA file (check 4.2.3).",
    );
  if (typeof answers.certificates === "string")
    return incompleteVerdict(
      `Bottlerocket did not return its setting cluster-certificate: ${line(answers.certificates)}.`,
    );
  return judgeTrust("settings.kubernetes.cluster-certificate", answers.certificates, clusterCA, now);
}

/** `certificates` are those of the client CA file; `where` is the path or the setting that contains them. */
function judgeTrust(
  where: string,
  certificates: readonly CertificateEvidence[] | undefined,
  clusterCA: readonly CertificateAuthority[] | undefined,
  now: number,
): Verdict {
  const accepted = digests(certificates);
  if (accepted === undefined)
    return incompleteVerdict(`The evidence does not contain all certificates of ${plain(where)}.`);
  if (clusterCA === undefined)
    return incompleteVerdict("EKS did not return the cluster's own CA, so the client CA cannot be compared with it.");

  const judged = { value: accepted, from: plain(where) };
  const foreign = accepted.filter((sha256) => !clusterCA.some((own) => own.sha256 === sha256));
  if (foreign.length > 0) {
    const named = listed(foreign.map((sha256) => `SHA-256 ${plain(sha256)}`));
    return {
      status: "failed",
      because: `${plain(where)} contains a CA that is not the cluster's own: ${named}.`,
      ...judged,
    };
  }
  const own = clusterCA.filter(({ sha256 }) => accepted.includes(sha256));
  return { ...inDate(own, now), ...judged };
}

/** SHA-256 of each certificate; undefined when the evidence lacks one or could not parse it. */
function digests(certificates: readonly CertificateEvidence[] = []): string[] | undefined {
  const all = certificates.flatMap((one) => ("sha256" in one ? one.sha256 : []));
  return all.length > 0 && all.length === certificates.length ? all : undefined;
}

/** Whether the cluster's own CA certificates are valid at `now`, epoch seconds. */
function inDate(own: readonly CertificateAuthority[], now: number): Pick<Verdict, "status" | "because"> {
  const faults = own.flatMap((one) => fault(one, now));
  if (faults.length > 0) return { status: "failed", because: `The cluster's own CA ${listed(faults)}.` };
  const first = own.toSorted((one, other) => one.notAfter - other.notAfter)[0];
  const soon = first && first.notAfter - now < expiryNotice ? ", which is soon: plan to replace it" : "";
  const until = first ? ` (subject ${quoted(first.subject)}) until ${moment(first.notAfter)}` : "";
  return { status: "passed", because: `The kubelet accepts clients of the cluster's own CA alone${until}${soon}.` };
}

function fault({ isCA, notAfter, notBefore }: CertificateAuthority, now: number): string[] {
  return [
    isCA ? [] : "is not a CA certificate, so the kubelet rejects every client certificate",
    now >= notAfter ? `expired at ${moment(notAfter)}, so the kubelet rejects every client certificate` : [],
    now < notBefore ? `is not valid before ${moment(notBefore)}` : [],
  ].flat();
}
