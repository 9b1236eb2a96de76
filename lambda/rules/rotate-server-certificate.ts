import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

export default {
  id: "rotate-server-certificate",
  title: "The kubelet can renew its serving certificate",
  failureTitle: "The kubelet cannot renew its serving certificate",
  fixTitle: "Turn on the feature gate RotateKubeletServerCertificate",
  why: "Clients identify the kubelet by its serving certificate, which the cluster signs and which expires. With this gate off the kubelet can only serve a certificate that is never renewed, or one that it signed itself.",
  passes: "The feature gate RotateKubeletServerCertificate is on, which is its default.",
  fails: "The gate is off, because its own name or AllBeta=false turns it off.",
  notAvailable: "Only when the node could not be read.",
  severity: "MEDIUM",
  level: 1,
  cis: {
    "1.0.1": "3.2.11",
    "1.1.0": "3.2.11",
    "1.2.0": "3.2.11",
    "1.5.0": "3.2.9",
    "1.7.0": "3.2.9",
    "1.8.0": "3.2.9",
  },
  cisKubernetes: "4.2.11",
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: setInKubelet({
    config: { featureGates: { RotateKubeletServerCertificate: true }, serverTLSBootstrap: true },
    flag: "--feature-gates=RotateKubeletServerCertificate=true",
    unwanted: "RotateKubeletServerCertificate=false and AllBeta=false",
    snapOption: true,
    bottlerocket:
      "Bottlerocket has no setting for the gate, which is on by default. Have the cluster sign the serving certificate in the user data, [settings.kubernetes] server-tls-bootstrap = true, and replace the nodes; on a live node run:\napiclient set kubernetes.server-tls-bootstrap=true",
  }),
  check({ kubelet }) {
    const bootstrap = kubelet.settings.serverTLSBootstrap.value;
    const remark = bootstrap
      ? ""
      : "; serverTLSBootstrap is false, so the kubelet does not ask the cluster to sign its serving certificate";
    return judged(kubelet, "featureEnabled.RotateKubeletServerCertificate", (enabled) => enabled, remark);
  },
  bottlerocket: { check: "4.2.11", lenient: true },
} satisfies Rule;
