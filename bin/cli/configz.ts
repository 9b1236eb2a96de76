import { line, plain } from "../../lambda/text.ts";
import type { EffectiveOptions } from "./effective.ts";
import { exactJson, exitCodes, type Report } from "./report.ts";
import { notesOn, resolveOutput } from "./resolved.ts";

/**
 * Report of one node's configuration, in the format that its kubelet serves at /configz. Remarks become notes on
 * standard error.
 */
export function configz(path: string, output: string, { kubernetesVersion }: EffectiveOptions): Report {
  const resolution = resolveOutput(output, kubernetesVersion);
  if ("unreadable" in resolution) {
    return withoutConfigz(path, `${resolution.unreadable.because} ${resolution.unreadable.fix}`);
  }
  if ("refuses" in resolution) {
    const { refuses } = resolution;
    const notes = [`${plain(path)}: a kubelet would refuse to start: ${line(refuses)}`];
    return {
      json: { evidence: path, refuses, unreadable: null, kubeletconfig: null },
      text: "",
      notes,
      exitCode: exitCodes.fine,
    };
  }
  const { whole } = resolution.kubelet;
  if (whole === undefined) return withoutConfigz(path, whyNotWhole);
  const kubeletconfig = whole.configz();
  return {
    json: { evidence: path, refuses: null, unreadable: null, kubeletconfig },
    text: exactJson({ kubeletconfig }),
    notes: notesOn(resolution.kubelet).map((note) => `${plain(path)}: ${note}`),
    exitCode: exitCodes.fine,
  };
}

export const whyNotWhole =
  "The defaults of some fields are unknown, because the evidence contains no Kubernetes version or the node runs Windows. For a Linux node, pass --kubernetes-version.";

export function withoutConfigz(path: string, reason: string): Report {
  return {
    json: { evidence: path, refuses: null, unreadable: reason, kubeletconfig: null },
    text: "",
    notes: [`${plain(path)} could not be read: ${line(reason)}`],
    exitCode: exitCodes.couldNotJudge,
  };
}
