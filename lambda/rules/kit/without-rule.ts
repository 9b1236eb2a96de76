/** Numbers in the benchmarks that are about kubelets and have no rule in this project, with the reason. */
interface WithoutRule {
  numbers: readonly string[];
  subject: string;
  because: string;
}

/** Sources: DISA Kubernetes STIG V2R4 and V2R6, CIS Kubernetes Benchmark 2.0.1, kubernetes pkg/features. */
export const withoutRule: readonly WithoutRule[] = [
  {
    numbers: ["V-254801", "CNTR-K8-002001"],
    subject: "feature gate PodSecurity",
    because:
      "Not applicable. The check requires featureGates.PodSecurity in the config file. Kubernetes 1.28 removed the gate, and a kubelet with an unknown gate refuses to start.",
  },
  {
    numbers: ["V-242399", "CNTR-K8-000460"],
    subject: "feature gate DynamicKubeletConfig",
    because:
      "Not applicable. The check requires DynamicKubeletConfig=false, and limits itself to Kubernetes up to 1.25. Later versions removed the gate, and a kubelet with an unknown gate refuses to start.",
  },
  {
    numbers: ["V-242398", "CNTR-K8-000450"],
    subject: "feature gate DynamicAuditing",
    because:
      "Not applicable. The check forbids DynamicAuditing, a gate that no supported kubelet accepts, and with it the whole flag --feature-gates, which Ubuntu's EKS images pass.",
  },
  {
    numbers: ["V-242393", "CNTR-K8-000400", "V-242394", "CNTR-K8-000410"],
    subject: "SSH server of the node",
    because: "Not judged. The collector reads the kubelet only, and not whether sshd is active or enabled.",
  },
  {
    numbers: ["V-242396", "CNTR-K8-000430"],
    subject: "version of kubectl on the node",
    because: "Not applicable. EKS images contain no kubectl.",
  },
  {
    numbers: ["V-242405", "CNTR-K8-000860", "V-242408", "CNTR-K8-000900"],
    subject: "owner and mode of static pod manifests",
    because:
      "Not judged. The collector does not read manifests. They have an effect only where the rule static-pods fails.",
  },
  {
    numbers: ["V-242447", "CNTR-K8-003140", "V-242448", "CNTR-K8-003150", "4.1.3", "4.1.4", "4.3.1"],
    subject: "kubeconfig and metrics of kube-proxy",
    because: "Not applicable. On EKS kube-proxy is a DaemonSet that reads a ConfigMap.",
  },
  {
    numbers: ["V-242451", "CNTR-K8-003180", "V-242466", "CNTR-K8-003330", "V-242467", "CNTR-K8-003340"],
    subject: "owners and modes below /etc/kubernetes/pki",
    because:
      "Not judged as a tree. On an EKS node the folder contains the client CA file alone, which the rules client-ca-file-mode and client-ca-file-owner judge.",
  },
  {
    numbers: ["V-242454", "CNTR-K8-003210", "V-242455", "CNTR-K8-003220"],
    subject: "kubeadm's drop-in of the kubelet's service",
    because: "Not applicable. EKS nodes do not use kubeadm.",
  },
  {
    numbers: ["4.1.1", "4.1.2"],
    subject: "mode and owner of the kubelet's service file",
    because: "Not judged. The collector does not read systemd units.",
  },
];
