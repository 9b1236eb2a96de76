import type { CertificateEvidence } from "../evidence/files.ts";
import { line, listed, moment, plain, quoted } from "../text.ts";
import { isStandalone } from "./kit/judge-bottlerocket.ts";
import { trustClusterCA } from "./kit/remediation.ts";
import type { CertificateAuthority, ReportingNode, Rule, Verdict } from "./kit/rule.ts";
import { incompleteVerdict, notApplicable } from "./kit/verdict.ts";

/** Renewing a cluster's CA means replacing its nodes, which takes planning; so it is said this long before, in seconds. */
const expiryNotice = 90 * 24 * 60 * 60;

export default {
  id: "client-ca-trust",
  title: "The kubelet accepts clients of its own cluster's CA and of no other",
  failureTitle: "The kubelet trusts a foreign, expired or invalid client CA",
  fixTitle: "Leave only the cluster's own CA in the client CA file",
  why: "Every certificate in the client CA file is an authority whose word the kubelet takes for who a client is. A foreign one lets its holder in as anybody, a group of administrators included, and nothing in the cluster shows it.",
  passes:
    "Every certificate in the client CA file is one that EKS names as the cluster's own, is a CA certificate and is in date; an expiry within 90 days is told.",
  fails: "The file holds another certificate, or the cluster's own is no CA certificate or out of date.",
  notAvailable:
    "No client CA is in force (client-ca-file fails then), EKS did not tell the cluster's CA, or the evidence lacks the certificates.",
  severity: "CRITICAL",
  cis: {},
  remediation: trustClusterCA,
  check({ kubelet, evidence, clusterCA, now }) {
    const path = kubelet.paths.clientCA;
    if (path === undefined)
      return notApplicable("No client CA is in force, so the kubelet takes no client certificate.");
    return judgeTrust(path, evidence.files.get(path)?.certificates, clusterCA, now);
  },
  bottlerocket: judgeSetting,
} satisfies Rule;

/** Bottlerocket writes the setting, base64-decoded, to the client CA file that check 4.2.3 finds configured. */
function judgeSetting(node: ReportingNode): Verdict {
  const { answers, report, clusterCA, now } = node;
  if (isStandalone(node)) return notApplicable("In standalone mode the kubelet takes no client certificate.");
  if (report.checks.get("4.2.3")?.status !== "PASS")
    return incompleteVerdict("Bottlerocket's report does not say that the kubelet uses its client CA file (4.2.3).");
  if (typeof answers.certificates === "string")
    return incompleteVerdict(`Bottlerocket did not tell its cluster-certificate: ${line(answers.certificates)}.`);
  return judgeTrust("settings.kubernetes.cluster-certificate", answers.certificates, clusterCA, now);
}

/** `where` is the path or setting that the certificates, from which the kubelet accepts clients, were found in. */
function judgeTrust(
  where: string,
  certificates: readonly CertificateEvidence[] | undefined,
  clusterCA: readonly CertificateAuthority[] | undefined,
  now: number,
): Verdict {
  const accepted = digests(certificates);
  if (accepted === undefined)
    return incompleteVerdict(`The evidence does not tell the certificates in ${plain(where)}.`);
  if (clusterCA === undefined)
    return incompleteVerdict("The cluster's own CA is not known here, so there is nothing to compare with.");

  const judged = { value: accepted, from: plain(where) };
  const foreign = accepted.filter((sha256) => !clusterCA.some((own) => own.sha256 === sha256));
  if (foreign.length > 0) {
    const named = listed(foreign.map((sha256) => `SHA-256 ${plain(sha256)}`));
    return {
      status: "failed",
      because: `${plain(where)} holds a CA that is not the cluster's own: ${named}.`,
      ...judged,
    };
  }
  const own = clusterCA.filter(({ sha256 }) => accepted.includes(sha256));
  return { ...inDate(own, now), ...judged };
}

/** SHA-256 of each certificate; undefined when the evidence does not tell all of them. */
function digests(certificates: readonly CertificateEvidence[] = []): string[] | undefined {
  const told = certificates.flatMap((one) => ("sha256" in one ? one.sha256 : []));
  return told.length > 0 && told.length === certificates.length ? told : undefined;
}

/** The certificates are the cluster's own; what is left to say is whether they can vouch for anybody today. */
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
    isCA ? [] : "is not a CA certificate, so no client is believed",
    now >= notAfter ? `expired at ${moment(notAfter)}, so no client is believed` : [],
    now < notBefore ? `is not valid before ${moment(notBefore)}` : [],
  ].flat();
}
