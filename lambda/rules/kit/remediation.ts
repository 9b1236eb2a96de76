import type { OsFamily } from "../../domain/node.ts";

/** Repair instructions by node OS, each of at most 512 characters. Source: ASFF, Remediation.Recommendation.Text. */
export type Remediation = Readonly<Record<OsFamily, string>>;

/** How to give the kubelet one setting. */
interface SettingFix {
  /** The setting as a part of a KubeletConfiguration. */
  config: Readonly<Record<string, unknown>>;
  /** The flag with the same effect. With another value on the command line, it would override every file. */
  flag: string;
  /** The part of the flag to remove from the command line; absent to remove the whole flag. */
  unwanted?: string;
  bottlerocket: string;
  /** Canonical's bootstrap.sh sets the flag as an option of the snap, so the option has to be changed too. */
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
 * How to give the kubelet one setting. Managed images write their files at boot, so the lasting fix is in the user
 * data; the command repairs a live node. Sources: awslabs/amazon-eks-ami (bootstrap.sh, nodeadm/doc/examples.md),
 * Canonical's kubelet-eks snap documentation.
 */
export function setInKubelet(fix: SettingFix): Remediation {
  const { config, flag, bottlerocket, snapOption, windows } = fix;
  const json = JSON.stringify(config);
  const name = fix.unwanted ?? flag.replace(/=.*/, "");
  const elsewhere = `Remove ${name} from bootstrap.sh --kubelet-extra-args in the user data and replace the nodes.`;
  const snap = snapOption ? `snap set kubelet-eks ${flag.slice(2)}; ` : "";
  return {
    al2: `${elsewhere} On a live node, also remove it from /etc/systemd/system/kubelet.service.d/30-kubelet-extra-args.conf, then run:\n${edited(`. * ${json}`)}; ${restarted}`,
    al2023: nodeConfig(name, config),
    bottlerocket,
    ubuntu: `${elsewhere} On a live node, run:\n${edited(`. * ${json}`)}; ${snap}snap restart kubelet-eks`,
    windows:
      windows ??
      `Remove ${name} from -KubeletExtraArgs of Start-EKSBootstrap.ps1 in the user data and replace the nodes. On a live node, merge this into ${windowsConfig}, then run Restart-Service kubelet:\n${json}`,
    linux: `Start the kubelet with ${flag}, or remove ${name} from its service unit and merge this into the file that --config names (no drop-in of --config-dir may set another value), then run ${restarted}:\n${json}`,
  };
}

/** How to remove a setting from the kubelet, so that its default applies. */
export function removeFromKubelet(key: string, flag: string, bottlerocket: string): Remediation {
  const elsewhere = `Remove ${flag} from bootstrap.sh --kubelet-extra-args in the user data and replace the nodes.`;
  const unset = edited(`del(.${key})`);
  return {
    al2: `${elsewhere} On a live node, also remove it from /etc/systemd/system/kubelet.service.d/30-kubelet-extra-args.conf, then run:\n${unset}; ${restarted}`,
    al2023: `Remove ${key} from spec.kubelet.config and ${flag} from spec.kubelet.flags of the NodeConfig in the user data (Karpenter: EC2NodeClass spec.userData) and in /etc/eks/nodeadm.d, which overrides it, and replace the nodes. On a live node, remove it from the files that this command lists, then run ${restarted}:\ngrep -rl ${key} ${al2023Config} ${al2023Config}.d`,
    bottlerocket,
    ubuntu: `${elsewhere} On a live node, run:\n${unset}; snap unset kubelet-eks ${flag.slice(2)}; snap restart kubelet-eks`,
    windows: `Remove ${flag} from -KubeletExtraArgs of Start-EKSBootstrap.ps1 in the user data and replace the nodes. On a live node, remove ${key} from ${windowsConfig}, then run: Restart-Service kubelet`,
    linux: `Remove ${flag} from the kubelet's service unit and ${key} from the file that --config names and from every drop-in of --config-dir, then run: ${restarted}`,
  };
}

/** How to remove a setting that has no flag from the configuration, so that its default applies. */
export function removeFromFiles(key: string, bottlerocket: string): Remediation {
  const unset = `${edited(`del(.${key})`)}`;
  const source = `Remove ${key} from what writes the kubelet's configuration in the user data, and replace the nodes.`;
  return {
    al2: `${source} On a live node, run:\n${unset}; ${restarted}`,
    al2023: `Remove ${key} from spec.kubelet.config of the NodeConfig in the user data (Karpenter: EC2NodeClass spec.userData) and in /etc/eks/nodeadm.d, which overrides it, and replace the nodes. On a live node, remove it from the files that this command lists, then run ${restarted}:\ngrep -rl ${key} ${al2023Config} ${al2023Config}.d`,
    bottlerocket,
    ubuntu: `${source} On a live node, run:\n${unset}; snap restart kubelet-eks`,
    windows: `${source} On a live node, remove it from ${windowsConfig}, then run: Restart-Service kubelet`,
    linux: `Remove ${key} from the file that --config names and from every drop-in of --config-dir, then run: ${restarted}`,
  };
}

/** How to repair the mode or owner of configuration files and of their directories with these commands. */
export function repairConfigFiles(forFiles: string, forDirectories: string): Remediation {
  const cause = "Find the cause of the change (user data, a configuration tool), correct it and replace the nodes.";
  const dropIns = `find ${al2023Config}.d -type d -exec ${forDirectories} {} + -o -name '*.conf' -exec ${forFiles} {} +`;
  return {
    al2: `${cause} On a live node, run:\n${forFiles} ${al2Config}`,
    al2023: `${cause} On a live node, run:\n${forFiles} ${al2023Config}; ${dropIns}`,
    bottlerocket: alteredBottlerocket,
    ubuntu: `${cause} On a live node, run:\n${forFiles} ${al2Config}`,
    windows: "Nothing to do: Windows has no POSIX modes and owners.",
    linux: `${cause} On a live node, run this with the files that --config and --config-dir name:\n${forFiles} CONFIG; find CONFIG_DIR -type d -exec ${forDirectories} {} + -o -name '*.conf' -exec ${forFiles} {} +`,
  };
}

export function repairKubeconfig(command: string): Remediation {
  return repairFile(`${command} /var/lib/kubelet/kubeconfig`, `that --kubeconfig names:\n${command} KUBECONFIG`);
}

export function repairClientCA(command: string): Remediation {
  return repairFile(`${command} /etc/kubernetes/pki/ca.crt`, `that the finding names:\n${command} CLIENT_CA`);
}

/** The remediation for one file. `command` is for its usual path, `elsewhere` for a file at another path. */
function repairFile(command: string, elsewhere: string): Remediation {
  const cause = "Find the cause of the change (user data, a configuration tool), correct it and replace the nodes.";
  const usual = `${cause} On a live node, run:\n${command}`;
  return {
    al2: usual,
    al2023: usual,
    bottlerocket: alteredBottlerocket,
    ubuntu: usual,
    windows: "Nothing to do: Windows has no POSIX modes and owners.",
    linux: `${cause} On a live node, run this with the file ${elsewhere}`,
  };
}

/** Bottlerocket writes these files and values itself, and no setting changes them. */
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
    `Put this into the user data (Karpenter: EC2NodeClass spec.userData), remove ${flag} from spec.kubelet.flags and other values from /etc/eks/nodeadm.d, which overrides user data, and from later files of ${al2023Config}.d, and replace the nodes:`,
    "apiVersion: node.eks.aws/v1alpha1",
    "kind: NodeConfig",
    "spec:",
    "  kubelet:",
    "    config:",
    ...keys,
  ].join("\n");
}

/**
 * The kubelet loads new content of its CA file without a restart, but reads the path of the file only when it starts.
 */
export const trustClusterCA: Remediation = {
  al2: replaceCA("bootstrap.sh --kubelet-extra-args"),
  al2023: replaceCA("spec.kubelet of the NodeConfig (also in /etc/eks/nodeadm.d)"),
  bottlerocket: `Set [settings.kubernetes] cluster-certificate in the user data to the output of "${clusterCA}", and replace the nodes; on a live node run:\napiclient set kubernetes.cluster-certificate=CERTIFICATE`,
  ubuntu: replaceCA("bootstrap.sh --kubelet-extra-args and the option client-ca-file of the snap kubelet-eks"),
  windows: `Find who put the foreign CA there: its holder can command the node. Have the kubelet use C:\\ProgramData\\Amazon\\EKS\\cluster_ca.crt, containing the base64-decoded output of this command, and replace the nodes:\n${clusterCA}`,
  linux: replaceCA("the kubelet's service unit and config files"),
};

function replaceCA(source: string): string {
  return `Find who put the foreign CA there: its holder can command the node. Remove any other client CA path from ${source}, and replace the nodes. On a live node write the cluster's own CA to the FILE that the finding names, which the kubelet loads without a restart:\nc=$(${clusterCA}) && echo "$c" | base64 -d >FILE`;
}

/** How to make the running kubelet use the files on disk again. */
export const restartAfterReview: Remediation = {
  al2: restart(restarted),
  al2023: restart(restarted),
  bottlerocket: restart("apiclient reboot"),
  ubuntu: restart("snap restart kubelet-eks"),
  windows: restart("Restart-Service kubelet"),
  linux: restart(restarted),
};

function restart(command: string): string {
  return `Find out who changed the file and why. To undo the change, replace the node. To apply it, correct any errors in the file and run:\n${command}`;
}

/**
 * How to make a node reachable by Run Command. Source: AWS Systems Manager User Guide, "Troubleshooting managed node
 * availability".
 */
export const makeReachable: Remediation = {
  al2: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
  al2023: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
  bottlerocket: reach("apiclient set host-containers.control.enabled=true"),
  ubuntu: reach("snap start --enable amazon-ssm-agent; snap services amazon-ssm-agent"),
  windows: reach("Set-Service AmazonSSMAgent -StartupType Automatic; Start-Service AmazonSSMAgent"),
  linux: reach("systemctl enable --now amazon-ssm-agent; systemctl status amazon-ssm-agent"),
};

function reach(command: string): string {
  return `Give the node's role the policy AmazonSSMManagedInstanceCore, let the node reach the endpoints ssm, ssmmessages and ec2messages (by NAT or VPC endpoints), and start the SSM agent:\n${command}`;
}
