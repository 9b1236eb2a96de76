import { readFileSync } from "node:fs";
import type { Agent, Cluster, EmbeddedNode, Instance } from "./initial-region.ts";
import type { Change } from "./node-tree.ts";

/**
 * A cluster whose nodes have one fault each. A node's Name tag contains the rule that fails, or the reason why the node
 * cannot be read. INSTANCE_GONE, NO_REPLY and AUDITOR_ERROR are missing because a run causes them, not a node.
 */
export const labCluster = (certificateAuthority: string): Cluster => ({
  name: "lab",
  version: "1.31",
  certificateAuthority,
  nodegroups: [
    { name: "faults", amiType: "AL2023_x86_64_STANDARD", desiredSize: Object.keys(faults).length },
    { name: "idle", amiType: "AL2023_x86_64_STANDARD", desiredSize: 0 },
    { name: "starved", amiType: "AL2023_x86_64_STANDARD", desiredSize: 2 },
  ],
});

export function labNodes(instance: Instance, agent: Agent): EmbeddedNode[] {
  return Object.entries(faults).map(([name, fault], index) => ({
    id: `i-0fab${index.toString(16).padStart(13, "0")}`,
    tags: { Name: name, "eks:cluster-name": "lab", "eks:nodegroup-name": "faults" },
    instance,
    tree: { kind: "al2023" },
    ...fault,
    agent: { ...agent, ...fault.agent },
  }));
}

const config = "/etc/kubernetes/kubelet/config.json";
const kubeconfig = "/var/lib/kubelet/kubeconfig";
const dropIn = (name: string) => `${config}.d/${name}`;

type Fault = Omit<Partial<EmbeddedNode>, "agent"> & { agent?: Partial<Agent> };

const changed = (change: Change, kind = "al2023"): Fault => ({ tree: { kind, change } });
const flags = (...more: string[]) =>
  changed({ argv: ["/usr/bin/kubelet", `--config=${config}`, `--kubeconfig=${kubeconfig}`, ...more] });
const prints = (text: string): Fault => ({ behaviour: { prints: text } });

const faults: Readonly<Record<string, Fault>> = {
  "kubeconfig-mode": changed({ modes: { [kubeconfig]: 0o666 } }),
  "kubeconfig-owner": changed({ owners: { [kubeconfig]: [1000, 1000] } }),
  "kubelet-config-mode": changed({ modes: { [config]: 0o664 } }),
  "kubelet-config-owner": changed({ owners: { [config]: [0, 1000] } }),
  "anonymous-auth": flags("--anonymous-auth=true"),
  "authorization-mode": flags("--authorization-mode=AlwaysAllow"),
  "client-ca-file": flags("--client-ca-file="),
  "read-only-port": flags("--read-only-port=10255"),
  "streaming-idle-timeout": flags("--streaming-connection-idle-timeout=0"),
  "iptables-util-chains": flags("--make-iptables-util-chains=false"),
  "rotate-client-certificates": flags("--rotate-certificates=false"),
  "rotate-server-certificate": flags(
    "--rotate-server-certificates=false",
    "--feature-gates=RotateKubeletServerCertificate=false",
  ),
  "client-ca-trust": changed({}, "al2023-wrong-ca"),
  "config-drift": changed({ startedAt: 1_795_000_000, modified: { [config]: 1_795_000_600 } }),

  SSM_AGENT_OFFLINE: { agent: { ping: "Inactive" } },
  UNSUPPORTED_OS: { agent: { platformType: "MacOS", platformName: "macOS", platformVersion: "15.1" } },
  UNDELIVERABLE: { behaviour: { endsAs: "Undeliverable" } },
  DELIVERY_TIMED_OUT: { behaviour: { endsAs: "DeliveryTimedOut" } },
  COMMAND_CANCELLED: { behaviour: { endsAs: "Cancelled" } },
  COMMAND_TERMINATED: { behaviour: { endsAs: "Terminated" } },
  INVALID_PLATFORM: { behaviour: { endsAs: "InvalidPlatform" } },
  // The agent's directory is on a file system with the mount option noexec.
  COMMAND_FAILED: {
    behaviour: {
      prints: "",
      complains: "sh: /var/lib/amazon/ssm/document/orchestration/collect/_script.sh: Permission denied\n",
      exitCode: 126,
    },
  },
  EVIDENCE_MISSING: prints(""),
  EVIDENCE_UNKNOWN_FORMAT: prints("eks-kubelet-evidence 2\nBEGIN\n\nEND 0 0\n"),
  // More output than GetCommandInvocation returns for one node.
  EVIDENCE_CUT: prints(`eks-kubelet-evidence 1\nBEGIN\n${"A".repeat(30_000)}\nEND 30000 ${"0".repeat(64)}\n`),
  // A drop-in larger than the collector reads.
  EVIDENCE_INCOMPLETE: changed({ files: { [dropIn("50-site.conf")]: `{}${" ".repeat(300_000)}` } }, "al2023-dropin"),
  // An unprivileged user's process with the name kubelet.
  NO_KUBELET: changed({ uid: 1000 }),
  SEVERAL_KUBELETS: changed({ others: [{ pid: 2800, argv: ["/opt/other/kubelet"] }] }),
  KUBELET_WOULD_NOT_START: flags("--no-such-flag"),
  UNSUPPORTED_KUBERNETES_VERSION: changed({
    argv: ["/usr/bin/kubelet", `--config=${config}`, "--flag-of-a-later-release=1"],
    files: { "/etc/eks/kubelet-version.txt": "v1.99.0-eks-8ccc7ba\n" },
  }),

  // No fault, but the file paths that old eksctl versions used.
  eksctl: changed(
    {
      argv: ["/usr/bin/kubelet", "--config", "/etc/eksctl/kubelet.yaml", "--kubeconfig", "/etc/eksctl/kubeconfig.yaml"],
      files: {
        "/etc/eksctl/kubelet.yaml": [
          "kind: KubeletConfiguration",
          "apiVersion: kubelet.config.k8s.io/v1beta1",
          "authentication:",
          "  anonymous: {enabled: false}",
          "  webhook: {enabled: true, cacheTTL: 2m0s}",
          "  x509: {clientCAFile: /etc/eksctl/ca.crt}",
          "authorization: {mode: Webhook}",
          "",
        ].join("\n"),
        "/etc/eksctl/kubeconfig.yaml": "apiVersion: v1\nkind: Config\n",
        "/etc/eksctl/ca.crt": readFileSync(new URL("nodes/al2/rootfs/etc/kubernetes/pki/ca.crt", import.meta.url)),
        "/etc/kubernetes/kubelet": null,
        "/etc/kubernetes/pki": null,
      },
    },
    "al2",
  ),
};
