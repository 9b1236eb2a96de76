import type { ReasonCode } from "../lambda/domain/node.ts";

/**
 * Expected findings of a node that are not PASSED, by rule: FAILED, or the reason of NOT_AVAILABLE. For an unreadable
 * node, `unread` is the reason: node-auditable fails with it, and every other rule is NOT_AVAILABLE with it.
 */
export interface Expectation {
  unread?: ReasonCode;
  rules: Readonly<Record<string, "FAILED" | ReasonCode>>;
}

const unread = (reason: ReasonCode): Expectation => ({ unread: reason, rules: {} });
const read = (rules: Expectation["rules"]): Expectation => ({ rules });
const noConfigFile = { "kubelet-config-mode": "NOT_APPLICABLE", "kubelet-config-owner": "NOT_APPLICABLE" } as const;
const noKubeconfig = { "kubeconfig-mode": "NOT_APPLICABLE", "kubeconfig-owner": "NOT_APPLICABLE" } as const;
const noClientCA = { "client-ca-file": "FAILED", "client-ca-trust": "NOT_APPLICABLE" } as const;
/** Evidence of Bottlerocket contains neither files nor the kubelet's process. */
const noFilesToCompare = { "config-drift": "NOT_APPLICABLE" } as const;
/** Evidence of Windows contains no change times. */
const noChangeTimes = { "config-drift": "NOT_APPLICABLE" } as const;
const nothingWrong = read({});

/**
 * Expectations by cluster and node. A node is identified by its name, or by its id if it has no name. The expectations
 * are written by hand from the description of each node in local-aws/.
 */
export const expectations: Readonly<Record<string, Expectation>> = {
  // Unchanged nodes: AL2023, Windows, a hybrid node; AL2, Ubuntu, Bottlerocket.
  "prod-apps/i-0b23c45d67e89f012": nothingWrong,
  "prod-apps/i-02b3c4d5e6f708192": read({
    ...noConfigFile,
    ...noKubeconfig,
    ...noChangeTimes,
    "iptables-util-chains": "NOT_APPLICABLE",
  }),
  "prod-apps/mi-0f1e2d3c4b5a69788": nothingWrong,
  "batch-legacy/i-0a12b34c56d78e901": nothingWrong,
  "batch-legacy/i-01a2b3c4d5e6f7089": nothingWrong,
  "batch-legacy/i-0f67a89b01c23d456": read(noFilesToCompare),
  // Bottlerocket in standalone mode, and a Bottlerocket that is too old to print a report.
  "batch-legacy/i-0f708192a3b4c5d6e": read({
    ...noFilesToCompare,
    ...noClientCA,
    "anonymous-auth": "FAILED",
    "authorization-mode": "FAILED",
  }),
  "batch-legacy/i-0f8192a3b4c5d6e7f": unread("UNSUPPORTED_OS"),
  // A harmless drop-in, and a drop-in that overrides all secure settings.
  "prod-apps/i-0c34d56e78f90a123": nothingWrong,
  "batch-legacy/i-0d45e67f89a01b234": read({
    ...noClientCA,
    "anonymous-auth": "FAILED",
    "authorization-mode": "FAILED",
    "read-only-port": "FAILED",
    "rotate-client-certificates": "FAILED",
  }),
  // A Karpenter node without the tag of its node pool.
  "prod-apps/i-0e7f8091a2b3c4d5e": nothingWrong,
  // A CA that is not the cluster's.
  "prod-apps/i-0e56f78a90b12c345": read({ "client-ca-trust": "FAILED" }),
  // Nodes without a config file: one with compliant flags, one with almost no flags. The owners of their kubeconfigs
  // are wrong.
  "batch-legacy/i-04d5e6f708192a3b4": read({ ...noConfigFile, "kubeconfig-owner": "FAILED" }),
  "batch-legacy/i-05e6f708192a3b4c5": read({
    ...noConfigFile,
    ...noClientCA,
    "kubeconfig-owner": "FAILED",
    "anonymous-auth": "FAILED",
    "read-only-port": "FAILED",
  }),
  // A flag empties the client CA.
  "prod-apps/i-06f708192a3b4c5d6": read(noClientCA),
  // A compliant node with long evidence.
  "prod-apps/i-0a3b4c5d6e7f8091a": nothingWrong,
  "prod-apps/i-0708192a3b4c5d6e7": unread("NOT_REGISTERED_WITH_SSM"),
  "prod-apps/i-08192a3b4c5d6e7f8": unread("SSM_CONNECTION_LOST"),
  "prod-apps/i-092a3b4c5d6e7f809": unread("EXECUTION_TIMED_OUT"),
  "prod-apps/i-0b4c5d6e7f8091a2b": unread("EVIDENCE_ALTERED"),
  "prod-apps/i-0d6e7f8091a2b3c4d": unread("ACCESS_DENIED"),

  "lab/kubeconfig-mode": read({ "kubeconfig-mode": "FAILED" }),
  "lab/kubeconfig-owner": read({ "kubeconfig-owner": "FAILED" }),
  "lab/kubelet-config-mode": read({ "kubelet-config-mode": "FAILED" }),
  "lab/kubelet-config-owner": read({ "kubelet-config-owner": "FAILED" }),
  "lab/anonymous-auth": read({ "anonymous-auth": "FAILED" }),
  "lab/authorization-mode": read({ "authorization-mode": "FAILED" }),
  "lab/client-ca-file": read(noClientCA),
  "lab/read-only-port": read({ "read-only-port": "FAILED" }),
  "lab/streaming-idle-timeout": read({ "streaming-idle-timeout": "FAILED" }),
  "lab/iptables-util-chains": read({ "iptables-util-chains": "FAILED" }),
  "lab/rotate-client-certificates": read({ "rotate-client-certificates": "FAILED" }),
  "lab/rotate-server-certificate": read({ "rotate-server-certificate": "FAILED" }),
  "lab/client-ca-trust": read({ "client-ca-trust": "FAILED" }),
  "lab/config-drift": read({ "config-drift": "FAILED" }),
  "lab/SSM_AGENT_OFFLINE": unread("SSM_AGENT_OFFLINE"),
  "lab/UNSUPPORTED_OS": unread("UNSUPPORTED_OS"),
  "lab/UNDELIVERABLE": unread("UNDELIVERABLE"),
  "lab/DELIVERY_TIMED_OUT": unread("DELIVERY_TIMED_OUT"),
  "lab/COMMAND_CANCELLED": unread("COMMAND_CANCELLED"),
  "lab/COMMAND_TERMINATED": unread("COMMAND_TERMINATED"),
  "lab/INVALID_PLATFORM": unread("INVALID_PLATFORM"),
  "lab/COMMAND_FAILED": unread("COMMAND_FAILED"),
  "lab/EVIDENCE_MISSING": unread("EVIDENCE_MISSING"),
  "lab/EVIDENCE_UNKNOWN_FORMAT": unread("EVIDENCE_UNKNOWN_FORMAT"),
  "lab/EVIDENCE_CUT": unread("EVIDENCE_CUT"),
  "lab/EVIDENCE_INCOMPLETE": unread("EVIDENCE_INCOMPLETE"),
  "lab/NO_KUBELET": unread("NO_KUBELET"),
  "lab/SEVERAL_KUBELETS": unread("SEVERAL_KUBELETS"),
  "lab/UNSUPPORTED_KUBERNETES_VERSION": unread("UNSUPPORTED_KUBERNETES_VERSION"),
  // The kubelet would not start with the files on disk, so it must be running with an older configuration.
  "lab/KUBELET_WOULD_NOT_START": { unread: "KUBELET_WOULD_NOT_START", rules: { "config-drift": "FAILED" } },
  "lab/eksctl": nothingWrong,
};
