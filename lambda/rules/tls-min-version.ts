import { byTemplate } from "./kit/bottlerocket-settings.ts";
import { alteredBottlerocket, removeFromKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

const outdated = ["VersionTLS10", "VersionTLS11"];

export default {
  id: "tls-min-version",
  title: "The kubelet accepts no TLS version below 1.2",
  failureTitle: "The kubelet accepts TLS 1.0 or 1.1",
  fixTitle: "Remove tlsMinVersion, so that TLS 1.2 is the minimum",
  why: "TLS 1.0 and 1.1 have known weaknesses and are withdrawn (RFC 8996). The kubelet's default is TLS 1.2, so only a deliberate setting allows older versions.",
  passes: "The effective value of tlsMinVersion is VersionTLS12 or VersionTLS13, or nothing sets it.",
  fails: "The effective value is VersionTLS10 or VersionTLS11.",
  notAvailable: "Only when the node could not be read.",
  severity: "MEDIUM",
  cis: {},
  alongside: ["cis-kubernetes", "stig"],
  controls: ["NIST.800-53.r5 SC-8", "NIST.800-53.r5 SC-8(1)", "PCI DSS v4.0.1/4.2.1"],
  remediation: removeFromKubelet("tlsMinVersion", "--tls-min-version", alteredBottlerocket),
  check({ kubelet }) {
    const remark = kubelet.settings.tlsMinVersion.value === "" ? "; the minimum is then TLS 1.2" : "";
    return judged(kubelet, "tlsMinVersion", (version) => !outdated.includes(version), remark);
  },
  bottlerocket: () =>
    byTemplate(
      "passed",
      "Bottlerocket never sets tlsMinVersion and accepts no kubelet flags, so the minimum is TLS 1.2.",
    ),
} satisfies Rule;
