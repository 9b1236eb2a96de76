import { removeFromKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { isDeclared, judged } from "./kit/verdict.ts";

export default {
  id: "rotate-client-certificates",
  title: "Rotation of the kubelet's client certificate is not turned off",
  failureTitle: "Rotation of the kubelet's client certificate is turned off",
  fixTitle: "Remove rotateCertificates: false, or set it to true",
  why: "A kubelet that authenticates with a client certificate must renew it, or the node leaves the cluster when the certificate expires. EKS nodes authenticate with IAM instead, so the default (off) is as safe as on, and only an explicit false is a decision against renewal.",
  passes:
    "The declaration of rotateCertificates that takes precedence is true, or nothing declares it. The effective value is not judged, because its default is false.",
  fails: "The declaration that takes precedence is false.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 2,
  cis: {
    "1.0.1": "3.2.10",
    "1.1.0": "3.2.10",
    "1.2.0": "3.2.10",
    "1.5.0": "3.2.8",
    "1.7.0": "3.2.8",
    "1.8.0": "3.2.8",
  },
  cisKubernetes: "4.2.10",
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: removeFromKubelet(
    "rotateCertificates",
    "--rotate-certificates",
    "Bottlerocket never writes this value, so the node was altered: replace it, and find out who had access to it.",
  ),
  check({ kubelet }) {
    const { from } = kubelet.settings.rotateCertificates;
    const remark = isDeclared(from)
      ? ""
      : "; that is not a decision against rotation, and EKS nodes authenticate with IAM";
    return judged(kubelet, "rotateCertificates", (rotates) => rotates || !isDeclared(from), remark);
  },
  bottlerocket: () => ({
    status: "passed",
    because:
      "Bottlerocket never writes rotateCertificates and accepts no kubelet flags, so nothing declares it; that is not a decision against rotation, and EKS nodes authenticate with IAM.",
    from: "Bottlerocket's template of the kubelet's configuration",
  }),
} satisfies Rule;
