import { listed, plain } from "../text.ts";
import { setInKubelet } from "./kit/remediation.ts";
import type { Rule } from "./kit/rule.ts";
import { judged } from "./kit/verdict.ts";

/**
 * The suites that CIS Kubernetes accepts from 1.12 on; up to 1.11 it also accepted TLS_RSA_WITH_AES_128_GCM_SHA256 and
 * TLS_RSA_WITH_AES_256_GCM_SHA384, which have no forward secrecy.
 */
const strong = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
];

/** Go gives each CHACHA20 suite two names. The suites of TLS 1.3 are always on, so naming them changes nothing. */
function isStrong(suite: string): boolean {
  return (
    strong.includes(suite.replace(/_CHACHA20_POLY1305_SHA256$/, "_CHACHA20_POLY1305")) ||
    /^TLS_(AES|CHACHA20)_/.test(suite)
  );
}

export default {
  id: "tls-cipher-suites",
  title: "The kubelet accepts only strong cipher suites",
  failureTitle: "The kubelet accepts weak cipher suites",
  fixTitle: "Set tlsCipherSuites to the suites with forward secrecy",
  why: "A connection with a suite without forward secrecy can be decrypted later, once the key of the serving certificate leaks. Without a list the kubelet offers the default suites of its Go version.",
  passes:
    "Every suite in the effective value of tlsCipherSuites is one of the six that CIS Kubernetes names from 1.12 on, or tlsMinVersion is VersionTLS13, with which the list has no effect.",
  fails:
    "The list is empty, or contains another suite. The images of Amazon Linux list two suites without forward secrecy.",
  notAvailable: "Only when the node could not be read.",
  severity: "LOW",
  level: 1,
  cis: {},
  cisKubernetes: "4.2.12",
  controls: ["NIST.800-53.r5 CM-6", "NIST.800-53.r5 CM-6(1)"],
  remediation: setInKubelet({
    config: { tlsCipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] },
    flag: "--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    bottlerocket:
      "Bottlerocket has no setting for the cipher suites. Its releases since 2024 list the six strong ones: replace the node with one of a newer AMI.",
  }),
  check({ kubelet }) {
    const { tlsCipherSuites, tlsMinVersion } = kubelet.settings;
    if (tlsMinVersion.value === "VersionTLS13")
      return judged(kubelet, "tlsMinVersion", () => true, "; TLS 1.3 has strong suites only");
    const weak = tlsCipherSuites.value.filter((suite) => !isStrong(suite));
    const remark =
      weak.length > 0
        ? `; not strong: ${listed(weak.map(plain))}`
        : tlsCipherSuites.value.length === 0
          ? "; the kubelet offers the default suites of its Go version"
          : "";
    return judged(kubelet, "tlsCipherSuites", (suites) => suites.length > 0 && weak.length === 0, remark);
  },
  bottlerocket: { check: "4.2.12" },
} satisfies Rule;
