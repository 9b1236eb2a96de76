import type { Unreadable } from "../../lambda/domain/node.ts";
import type { Setting } from "../../lambda/domain/setting.ts";
import { readEvidence, UnreadableEvidenceError } from "../../lambda/evidence/evidence.ts";
import type { EffectiveKubelet } from "../../lambda/kubelet/effective.ts";
import { theKubelet } from "../../lambda/kubelet/process.ts";
import { resolve } from "../../lambda/kubelet/resolve.ts";
import { harmless, line, plain, quoted } from "../../lambda/text.ts";
import { exitCodes, type Report } from "./report.ts";
import { type Screen, wrap } from "./screen.ts";
import { table } from "./table.ts";

type Answer = { kubelet: EffectiveKubelet } | { refuses: string } | { unreadable: Unreadable };

/** Resolves one node's kubelet configuration and says where each value is from. */
export function effective(path: string, output: string, screen: Screen, kubernetesVersion?: string): Report {
  const answer = resolveOutput(output, kubernetesVersion);
  if ("unreadable" in answer)
    return inexplicable(path, `${answer.unreadable.because} ${answer.unreadable.fix}`, screen);
  if ("refuses" in answer) {
    return {
      json: { evidence: path, refuses: answer.refuses, effective: null, unreadable: null, version: null, remarks: [] },
      text: `${plain(path)}\n${wrap(`a kubelet would refuse to start: ${line(answer.refuses)}`, screen.width, 2)}\n`,
      exitCode: exitCodes.fine,
    };
  }
  const { settings, version, versionFrom, remarks } = answer.kubelet;
  const entries = Object.entries<Setting<unknown>>(settings);
  // What somebody set comes before the defaults.
  const isDefault = ({ from }: Setting<unknown>) => Number(from.layer === "default");
  const shown = entries.toSorted(([, one], [, other]) => isDefault(one) - isDefault(other));
  const rows = shown.map(([name, { value, from, overrode }]) => [
    name,
    quoted(value),
    [harmless(from.where), ...overrode.map((loser) => `over ${quoted(loser.value)} from ${plain(loser.where)}`)].join(
      "\n",
    ),
  ]);
  return {
    json: {
      evidence: path,
      refuses: null,
      effective: Object.fromEntries(entries.map(([name, setting]) => [name, asJson(setting)])),
      unreadable: null,
      version: { value: version, from: versionFrom },
      remarks: remarks.map(line),
    },
    text: [
      wrap(`${plain(path)} (Kubernetes ${version}; source: ${versionFrom})`, screen.width),
      table(["setting", "value", "origin"], rows, screen),
      ...remarks.map((remark) => wrap(`note: ${line(remark)}`, screen.width)),
      "",
    ].join("\n"),
    exitCode: exitCodes.fine,
  };
}

/** Evidence that tells nothing about a kubelet. */
export function inexplicable(path: string, reason: string, screen: Screen): Report {
  return {
    json: { evidence: path, refuses: null, effective: null, unreadable: reason, version: null, remarks: [] },
    text: `${plain(path)}\n${wrap(`could not be read: ${harmless(reason)}`, screen.width, 2)}\n`,
    exitCode: exitCodes.couldNotJudge,
  };
}

function resolveOutput(output: string, kubernetesVersion?: string): Answer {
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
  because: "Bottlerocket hands out no effective configuration: it reports on its kubelet and shows nobody the files.",
  fix: "audit check judges by that report.",
};

function asJson({ value, from, overrode }: Setting<unknown>) {
  return { value, from: from.where, overrode: overrode.map((loser) => ({ value: loser.value, from: loser.where })) };
}
