import type { OsFamily } from "../../domain/node.ts";

/** Per node OS, text a person can paste; at most 512 characters, what ASFF Remediation.Recommendation.Text holds. */
type Remediation = Readonly<Record<OsFamily, string>>;

/** How to give the kubelet one setting. */
interface SettingFix {
  /** That part of a KubeletConfiguration. */
  config: Readonly<Record<string, unknown>>;
  /** The flag that says the same; given with another value it would win over every file. */
  flag: string;
  /** What must not stay on the command line, where that is less than the whole flag. */
  unwanted?: string;
  bottlerocket: string;
  /** Canonical's bootstrap.sh gives it as an option of the snap, so it has to be changed there too. */
  snapOption?: true;
  windows?: string;
}

const al2Config = "/etc/kubernetes/kubelet/kubelet-config.json";
const al2023Config = "/etc/kubernetes/kubelet/config.json";

/** Prints the cluster's own CA as base64 of PEM. */
export const clusterCA =
  "aws eks describe-cluster --name CLUSTER --query cluster.certificateAuthority.data --output text";

const windowsConfig = String.raw`C:\ProgramData\kubernetes\kubelet-config.json`;

/**
 * Managed images write their files at boot, so the cure belongs in what starts the nodes; the command is for a live one.
 * Sources: awslabs/amazon-eks-ami (bootstrap.sh, nodeadm/doc/examples.md), Canonical's kubelet-eks snap documentation.
 */
export function setInKubelet(fix: SettingFix): Remediation {
  const { config, flag, bottlerocket, snapOption, windows } = fix;
  const json = JSON.stringify(config);
  const name = fix.unwanted ?? flag.replace(/=.*/, "");
  const elsewhere = `Remove ${name} from bootstrap.sh --kubelet-extra-args in the user data and replace the nodes.`;
  const snap = snapOption ? `snap set kubelet-eks ${flag.slice(2)}; ` : "";
  return {
    al2: `${elsewhere} On a live node also remove it from /etc/systemd/system/kubelet.service.d/30-kubelet-extra-args.conf, then run:\n${edited(`. * ${json}`)}; ${restarted}`,
    al2023: nodeConfig(name, config),
    bottlerocket,
    ubuntu: `${elsewhere} On a live node run:\n${edited(`. * ${json}`)}; ${snap}snap restart kubelet-eks`,
    windows:
      windows ??
      `Remove ${name} from -KubeletExtraArgs of Start-EKSBootstrap.ps1 in the user data and replace the nodes. On a live node merge this into ${windowsConfig}, then run Restart-Service kubelet:\n${json}`,
    linux: `Start the kubelet with ${flag}, or remove ${name} from its service unit and merge this into the file that --config names (no drop-in of --config-dir may say otherwise), then run ${restarted}:\n${json}`,
  };
}

/** How to have the kubelet forget a setting that should be left to its default. */
export function removeFromKubelet(key: string, flag: string, bottlerocket: string): Remediation {
  const elsewhere = `Remove ${flag} from bootstrap.sh --kubelet-extra-args in the user data and replace the nodes.`;
  const unset = edited(`del(.${key})`);
  return {
    al2: `${elsewhere} On a live node also remove it from /etc/systemd/system/kubelet.service.d/30-kubelet-extra-args.conf, then run:\n${unset}; ${restarted}`,
    al2023: `Remove ${key} from spec.kubelet.config and ${flag} from spec.kubelet.flags of the NodeConfig in the user data (Karpenter: EC2NodeClass spec.userData), and replace the nodes. On a live node remove it where this finds it, then run ${restarted}:\ngrep -rl ${key} ${al2023Config} ${al2023Config}.d`,
    bottlerocket,
    ubuntu: `${elsewhere} On a live node run:\n${unset}; snap unset kubelet-eks ${flag.slice(2)}; snap restart kubelet-eks`,
    windows: `Remove ${flag} from -KubeletExtraArgs of Start-EKSBootstrap.ps1 in the user data and replace the nodes. On a live node remove ${key} from ${windowsConfig}, then run: Restart-Service kubelet`,
    linux: `Remove ${flag} from the kubelet's service unit and ${key} from the file that --config names and from every drop-in of --config-dir, then run: ${restarted}`,
  };
}

/** How to repair a file's mode or owner: `command` gets the path, or a `find` expression in its place. */
export function repairConfigFiles(forFiles: string, forDirectories: string): Remediation {
  const cause = "Find what changed it (user data, a configuration tool), correct that and replace the nodes.";
  const dropIns = `find ${al2023Config}.d -type d -exec ${forDirectories} {} + -o -name '*.conf' -exec ${forFiles} {} +`;
  return {
    al2: `${cause} On a live node run:\n${forFiles} ${al2Config}`,
    al2023: `${cause} On a live node run:\n${forFiles} ${al2023Config}; ${dropIns}`,
    bottlerocket: alteredBottlerocket,
    ubuntu: `${cause} On a live node run:\n${forFiles} ${al2Config}`,
    windows: "Nothing to do: Windows has no POSIX modes and owners.",
    linux: `${cause} On a live node run, with the files that --config and --config-dir name:\n${forFiles} CONFIG; find CONFIG_DIR -type d -exec ${forDirectories} {} + -o -name '*.conf' -exec ${forFiles} {} +`,
  };
}

export function repairKubeconfig(command: string): Remediation {
  const cause = "Find what changed it (user data, a configuration tool), correct that and replace the nodes.";
  const usual = `${cause} On a live node run:\n${command} /var/lib/kubelet/kubeconfig`;
  return {
    al2: usual,
    al2023: usual,
    bottlerocket: alteredBottlerocket,
    ubuntu: usual,
    windows: "Nothing to do: Windows has no POSIX modes and owners.",
    linux: `${cause} On a live node run, with the file that --kubeconfig names:\n${command} KUBECONFIG`,
  };
}

/** Bottlerocket renders these from its settings and offers no way to say otherwise. */
export const alteredBottlerocket =
  "Bottlerocket offers no setting that changes this, so the node was altered: replace it, and find out who had access to it.";

export const restarted = "systemctl daemon-reload; systemctl restart kubelet";

/** Rewrites the config file in place, so that its mode and owner stay. */
function edited(filter: string): string {
  return `f=${al2Config}; c=$(jq '${filter}' $f) && printf '%s\\n' "$c" >$f`;
}

function nodeConfig(flag: string, config: SettingFix["config"]): string {
  const keys = Object.entries(config).map(([key, value]) => `      ${key}: ${JSON.stringify(value)}`);
  return [
    `Put this into the user data (Karpenter: EC2NodeClass spec.userData), without ${flag} in spec.kubelet.flags or another value in a later file of ${al2023Config}.d, and replace the nodes:`,
    "apiVersion: node.eks.aws/v1alpha1",
    "kind: NodeConfig",
    "spec:",
    "  kubelet:",
    "    config:",
    ...keys,
  ].join("\n");
}

/** A CA file with the cluster's own content is loaded without a restart; its path is read at the start only. */
export const trustClusterCA: Remediation = {
  al2: replaceCA("bootstrap.sh --kubelet-extra-args"),
  al2023: replaceCA("spec.kubelet of the NodeConfig"),
  bottlerocket: `Set [settings.kubernetes] cluster-certificate in the user data to what "${clusterCA}" prints, and replace the nodes; on a live node run:\napiclient set kubernetes.cluster-certificate=CERTIFICATE`,
  ubuntu: replaceCA("bootstrap.sh --kubelet-extra-args and the option client-ca-file of the snap kubelet-eks"),
  windows: `Find who put the foreign CA there: its holder can command the node. Have the kubelet use C:\\ProgramData\\Amazon\\EKS\\cluster_ca.crt, written with what this prints, base64-decoded, and replace the nodes:\n${clusterCA}`,
  linux: replaceCA("the kubelet's service unit and config files"),
};

function replaceCA(source: string): string {
  return `Find who put the foreign CA there: its holder can command the node. Take another path for it out of ${source}, and replace the nodes. On a live node write the cluster's own CA to the FILE that the finding names, which the kubelet loads without a restart:\nc=$(${clusterCA}) && echo "$c" | base64 -d >FILE`;
}

/** How to make disk and process agree again. */
export const restartAfterReview: Remediation = {
  al2: restart(restarted),
  al2023: restart(restarted),
  bottlerocket: restart("apiclient reboot"),
  ubuntu: restart("snap restart kubelet-eks"),
  windows: restart("Restart-Service kubelet"),
  linux: restart(restarted),
};

function restart(command: string): string {
  return `Find out who changed the file and why. To take the change back, replace the node; to have it take effect, correct what is wrong in it and run:\n${command}`;
}

/** What Run Command needs of a node. Source: AWS Systems Manager User Guide, "Troubleshooting managed node availability". */
export const makeReachable: Remediation = {
  al2: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
  al2023: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
  bottlerocket: reach("apiclient set host-containers.control.enabled=true"),
  ubuntu: reach("snap start --enable amazon-ssm-agent; snap services amazon-ssm-agent"),
  windows: reach("Set-Service AmazonSSMAgent -StartupType Automatic; Start-Service AmazonSSMAgent"),
  linux: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
};

function reach(command: string): string {
  return `Give the node's role the policy AmazonSSMManagedInstanceCore, let the node reach the endpoints ssm, ssmmessages and ec2messages (by NAT or VPC endpoints), and have the SSM agent run:\n${command}`;
}
