import { removeFromKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { isDeclared, judged } from "./kit/verdict.ts";

export default {
  id: "rotate-client-certificates",
  title: "Rotation of the kubelet's client certificate is not turned off",
  failureTitle: "Rotation of the kubelet's client certificate is turned off",
  fixTitle: "Remove rotateCertificates: false, or set it to true",
  why: "A kubelet that proves itself with a certificate has to renew it, or the node drops out on the day it expires. EKS nodes prove themselves with IAM instead, so the default, off, is as good as on; only an explicit false says that somebody decided against renewal.",
  passes:
    "The last to declare rotateCertificates says true, or nobody declares it. The value in effect is not judged: its default is false.",
  fails: "The last to declare it says false.",
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
  remediation: removeFromKubelet(
    "rotateCertificates",
    "--rotate-certificates",
    "Bottlerocket never writes this value, so the node was altered: replace it, and find out who had access to it.",
  ),
  check({ kubelet }) {
    const { from } = kubelet.settings.rotateCertificates;
    const remark = isDeclared(from) ? "" : "; that is no decision against it, and EKS nodes authenticate with IAM";
    return judged(kubelet, "rotateCertificates", (rotates) => rotates || !isDeclared(from), remark);
  },
  bottlerocket: () => ({
    status: "passed",
    because:
      "Bottlerocket never writes rotateCertificates and takes no flags, so nobody declares it; that is no decision against it, and EKS nodes authenticate with IAM.",
    from: "Bottlerocket's template of the kubelet's configuration",
  }),
} satisfies Rule;
