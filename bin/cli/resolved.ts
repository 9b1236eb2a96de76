import type { Unreadable } from "../../lambda/domain/node.ts";
import { readEvidence, UnreadableEvidenceError } from "../../lambda/evidence/evidence.ts";
import type { EffectiveKubelet, Resolution } from "../../lambda/kubelet/effective.ts";
import { theKubelet } from "../../lambda/kubelet/process.ts";
import { resolve } from "../../lambda/kubelet/resolve.ts";
import { line } from "../../lambda/text.ts";

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

/** The notes on an effective configuration. The first one says why the kubelet would exit with it, if it would. */
export function notesOn({ exits, remarks, whole }: EffectiveKubelet): string[] {
  const refusal = exits === undefined ? [] : [`a kubelet would refuse to start with this configuration: ${exits}`];
  return [...refusal, ...remarks, ...(whole?.remarks() ?? [])].map(line);
}

const onlyReported: Unreadable = {
  code: "NOT_APPLICABLE",
  because:
    "There is no effective configuration: Bottlerocket does not show its kubelet's files, only a report about them.",
  fix: 'Run "eks-kubelet-auditor check" on this file: it judges that report.',
};
