/** Identifies a deployed document, whose name CloudFormation generates. */
export const documentTag = { key: "eks-kubelet-auditor", value: "collect" };
