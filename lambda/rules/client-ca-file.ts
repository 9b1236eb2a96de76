import { plain } from "../text.ts";
import { letterOf } from "./kit/letter.ts";
import { clusterCA, setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { incompleteVerdict, judged } from "./kit/verdict.ts";

export default {
  id: "client-ca-file",
  title: "The kubelet authenticates API clients with X.509 client certificates",
  failureTitle: "The kubelet has no client CA to authenticate API clients",
  fixTitle: "Set authentication.x509.clientCAFile to the cluster CA",
  why: "The API server authenticates to the kubelet with a client certificate, which the kubelet can only verify against a client CA. Without a client CA the kubelet requests no client certificates, and clients authenticate with tokens only, or not at all.",
  passes:
    "The effective value of authentication.x509.clientCAFile is a path, set by the config file, a drop-in or --client-ca-file.",
  fails:
    "Nothing sets it, or the declaration that takes precedence sets it to an empty value, which does not count as set.",
  notAvailable:
    "The evidence lacks the certificates of the file, so the file may not be one that the kubelet can load.",
  severity: "HIGH",
  level: 1,
  cis: { "1.0.1": "3.2.3", "1.1.0": "3.2.3", "1.2.0": "3.2.3", "1.5.0": "3.2.3", "1.7.0": "3.2.3", "1.8.0": "3.2.3" },
  cisKubernetes: "4.2.3",
  stig: { category: 2, ids: { "V-242420": "CNTR-K8-001420" } },
  controls: ["NIST.800-53.r5 SC-23", "NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  datadog: "def-000-c8j",
  remediation: setInKubelet({
    config: { authentication: { x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" } } },
    flag: "--client-ca-file=/etc/kubernetes/pki/ca.crt",
    snapOption: true,
    bottlerocket: `Bottlerocket omits the client CA in standalone mode only. In the user data set [settings.kubernetes] standalone-mode = false and cluster-certificate to the output of "${clusterCA}", and replace the nodes; on a live node run:\napiclient set kubernetes.standalone-mode=false kubernetes.cluster-certificate=CERTIFICATE`,
    windows: String.raw`Remove --client-ca-file from -KubeletExtraArgs of Start-EKSBootstrap.ps1 in the user data and replace the nodes. On a live node, merge this into C:\ProgramData\kubernetes\kubelet-config.json, then run Restart-Service kubelet:
{"authentication":{"x509":{"clientCAFile":"C:\\ProgramData\\Amazon\\EKS\\cluster_ca.crt"}}}`,
  }),
  check({ kubelet, evidence }) {
    const path = kubelet.paths.clientCA;
    const relative = path !== undefined && path !== kubelet.settings["authentication.x509.clientCAFile"].value;
    const remark = relative ? `; this kubelet resolves it to ${plain(path)}` : "";
    const verdict = judged(kubelet, "authentication.x509.clientCAFile", (file) => file !== "", remark);
    if (path === undefined) return verdict;
    const { certificates, problem } = evidence.files.get(path) ?? {};
    if (certificates !== undefined && problem === undefined) return verdict;
    return incompleteVerdict(`The evidence does not contain the certificates of ${plain(path)}.`);
  },
  letter: ({ kubelet }) => letterOf(kubelet, "authentication.x509.clientCAFile", { number: "V-242420" }),
  bottlerocket: { check: "4.2.3", standalone: { does: "has no client CA", value: "" } },
} satisfies Rule;
