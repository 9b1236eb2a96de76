import type { FileEvidence } from "../evidence/files.ts";
import { namesDirectory } from "../evidence/paths.ts";
import { line, plain } from "../text.ts";
import { letterOf } from "./kit/letter.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { AuditedNode, ReportingNode, Rule, Verdict } from "./kit/rule.ts";
import { describeSetting, incompleteVerdict } from "./kit/verdict.ts";

export default {
  id: "serving-certificate",
  title: "The kubelet serves a certificate that clients can verify",
  failureTitle: "The kubelet serves a certificate that it signed itself",
  fixTitle: "Set serverTLSBootstrap to true",
  why: "Clients verify by the serving certificate that they speak to the right node. A kubelet without one signs its own, and clients cannot distinguish it from that of an attacker in the network.",
  passes:
    "The effective value of serverTLSBootstrap is true, so the cluster signs the certificate, or tlsCertFile and tlsPrivateKeyFile are both set and exist, and the first one contains a certificate.",
  fails:
    "The effective value of serverTLSBootstrap is false, and tlsCertFile and tlsPrivateKeyFile are not set. The rule also fails if only one of these files is set, because the kubelet needs both, or if one of them does not exist, or the first certificate cannot be parsed.",
  notAvailable: "The evidence lacks one of the files, or Bottlerocket did not return the setting server-tls-bootstrap.",
  severity: "MEDIUM",
  level: 1,
  cis: {},
  cisKubernetes: "4.2.9",
  stig: { category: 2, ids: { "V-242424": "CNTR-K8-001460", "V-242425": "CNTR-K8-001470" } },
  controls: [
    "NIST.800-53.r5 SC-23",
    "NIST.800-53.r5 SC-8",
    "NIST.800-53.r5 SC-8(1)",
    "NIST.800-53.r5 SC-8(2)",
    "PCI DSS v4.0.1/2.2.5",
    "PCI DSS v4.0.1/2.2.7",
  ],
  remediation: setInKubelet({
    // With the gate off, a kubelet with serverTLSBootstrap does not start.
    config: { featureGates: { RotateKubeletServerCertificate: true }, serverTLSBootstrap: true },
    flag: "--rotate-server-certificates=true",
    bottlerocket:
      "Have the cluster sign the serving certificate in the user data, [settings.kubernetes] server-tls-bootstrap = true, and replace the nodes; on a live node run:\napiclient set kubernetes.server-tls-bootstrap=true",
  }),
  check(audited) {
    const { settings } = audited.kubelet;
    const { tlsCertFile, tlsPrivateKeyFile, serverTLSBootstrap } = settings;
    const files = [tlsCertFile, tlsPrivateKeyFile].filter(({ value }) => value !== "").length;
    if (files === 1) {
      const pair = `${describeSetting("tlsCertFile", tlsCertFile)}, and ${describeSetting("tlsPrivateKeyFile", tlsPrivateKeyFile)}`;
      return { status: "failed", because: `${pair}; the kubelet needs both.`, fix: bothOrNone };
    }
    const { value, from } = serverTLSBootstrap;
    const without = files === 2 && value !== true ? judgeFiles(audited) : undefined;
    if (without !== undefined) return without;
    const because = `${describeSetting("serverTLSBootstrap", serverTLSBootstrap)}; ${files === 2 ? "tlsCertFile and tlsPrivateKeyFile are set" : "neither tlsCertFile nor tlsPrivateKeyFile is set"}.`;
    return { status: value || files === 2 ? "passed" : "failed", because, value, from: from.where };
  },
  letter({ kubelet }) {
    const letter =
      letterOf(kubelet, "tlsPrivateKeyFile", { number: "V-242424" }) ??
      letterOf(kubelet, "tlsCertFile", { number: "V-242425" });
    return letter && { ...letter, fix: byFiles };
  },
  bottlerocket: judgeBootstrap,
} satisfies Rule;

/**
 * Why the kubelet cannot serve the certificate in its files; undefined if it can. Go reads all certificates of the file
 * and parses the first one. Whether the key fits is not in the evidence. Source: go.dev/pkg/crypto/tls X509KeyPair.
 */
function judgeFiles({ evidence, kubelet: { paths, settings } }: AuditedNode): Verdict | undefined {
  const pair = [
    { named: settings.tlsCertFile.value, path: paths.servingCertificate ?? "", isKey: false },
    { named: settings.tlsPrivateKeyFile.value, path: paths.servingKey ?? "", isKey: true },
  ];
  for (const { named, path, isKey } of pair) {
    const file = evidence.files.get(path);
    const isRead = isKey || file?.kind !== "file" || file.certificates !== undefined;
    if (file === undefined || file.problem !== undefined || !isRead)
      return incompleteVerdict(`The evidence does not contain ${plain(path)}.`);
    const why = defectOf(named, file, isKey);
    if (why !== undefined)
      return {
        status: "failed",
        because: `The kubelet cannot serve the certificate: ${plain(path)} ${why}.`,
        fix: bothOrNone,
      };
  }
}

function defectOf(named: string, { kind, size, certificates = [] }: FileEvidence, isKey: boolean): string | undefined {
  if (kind === "missing") return "does not exist";
  if (kind !== "file") return `is a ${kind}`;
  if (namesDirectory(named)) return "is not a directory, although its path ends in a slash";
  if (isKey) return size === 0 ? "is empty" : undefined;
  const [leaf] = certificates;
  if (leaf === undefined) return "contains no certificate";
  return "malformed" in leaf ? "begins with a malformed certificate" : undefined;
}

const bothOrNone =
  "In the user data, either remove tlsCertFile and tlsPrivateKeyFile from the kubelet's configuration and flags and set serverTLSBootstrap to true, or set both tlsCertFile and tlsPrivateKeyFile. Then replace the node, or restart its kubelet.";

const byFiles =
  "Issue a serving certificate for each node, and set tlsCertFile and tlsPrivateKeyFile in the kubelet's config file. Do not name the file that the kubelet writes with serverTLSBootstrap, because a kubelet without that file does not start. Where the cluster signs the certificates, an exception is the usual answer.";

/**
 * With server-certificate and server-key, Bottlerocket writes tlsCertFile and tlsPrivateKeyFile in place of
 * serverTLSBootstrap. The collector does not read these settings, because the second one is secret. Check 4.2.9 also
 * passes a kubelet without certificate files, so only its FAIL has a meaning. Source: bottlerocket-core-kit,
 * packages/kubernetes-1.31/kubelet-config.
 */
function judgeBootstrap({ answers: { settings }, report }: ReportingNode): Verdict {
  const from = "settings.kubernetes.server-tls-bootstrap";
  if (typeof settings === "string") return incompleteVerdict(`Bottlerocket did not return ${from}: ${line(settings)}.`);
  const value = settings["server-tls-bootstrap"];
  if (value)
    return {
      status: "passed",
      because: `${from} is true, so the cluster signs the certificate, unless server-certificate and server-key are set: the kubelet then serves that certificate.`,
      value,
      from,
    };
  if (report.checks.get("4.2.9")?.status === "FAIL")
    return {
      status: "failed",
      because: `${from} is not true, and check 4.2.9 of Bottlerocket's report fails.`,
      value,
      from,
    };
  return incompleteVerdict(
    `${from} is not true, and Bottlerocket's report does not show whether certificate files are set.`,
  );
}
