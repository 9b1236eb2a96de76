import type { Unreadable } from "../../lambda/domain/node.ts";
import { readEvidence, UnreadableEvidenceError } from "../../lambda/evidence/evidence.ts";
import type { Resolution } from "../../lambda/kubelet/effective.ts";
import { theKubelet } from "../../lambda/kubelet/process.ts";
import { resolve } from "../../lambda/kubelet/resolve.ts";

/** Resolves the effective configuration of the kubelet that the evidence describes. */
export function resolveOutput(output: string, kubernetesVersion?: string): Resolution {
  try {
    const evidence = readEvidence(output);
    if (evidence.bottlerocket) return { unreadable: onlyReported };
    const found = theKubelet(evidence);
    return "unreadable" in found ? found : resolve(evidence, found.process, kubernetesVersion);
  } catch (error) {
    if (error instanceof UnreadableEvidenceError) return error;
    throw error;
  }
}

const onlyReported: Unreadable = {
  code: "NOT_APPLICABLE",
  because:
    "There is no effective configuration: Bottlerocket does not show its kubelet's files, only a report about them.",
  fix: 'Run "eks-kubelet-auditor check" on this file: it judges that report.',
};
