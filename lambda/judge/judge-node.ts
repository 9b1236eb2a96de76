import type { Cluster, Collected, Node, OsFamily, Unreadable } from "../domain/node.ts";
import { usualBenchmarks } from "../domain/requirements.ts";
import type { BenchmarkName, BenchmarkVersion, Severity } from "../domain/rule-facts.ts";
import { theReport } from "../evidence/bottlerocket.ts";
import {
  type BottlerocketEvidence,
  type Evidence,
  readEvidence,
  UnreadableEvidenceError,
} from "../evidence/evidence.ts";
import type { EffectiveKubelet } from "../kubelet/effective.ts";
import { theKubelet } from "../kubelet/process.ts";
import { resolve } from "../kubelet/resolve.ts";
import { rules as allRules } from "../rules/index.ts";
import { benchmarkFor } from "../rules/kit/benchmark.ts";
import type { RuleChoice } from "../rules/kit/choice.ts";
import { judgeBottlerocket } from "../rules/kit/judge-bottlerocket.ts";
import { judgeRule } from "../rules/kit/letter.ts";
import { severityOf } from "../rules/kit/picked.ts";
import { type Rule, RuleEvaluationError, type Verdict } from "../rules/kit/rule.ts";
import { harmless, line } from "../text.ts";
import { clusterAuthorities } from "./cluster-ca.ts";
import { escapedReason, osOf, unread } from "./judge-unread.ts";

export interface JudgeInput {
  collected: Collected;
  node?: Node;
  /** The node's cluster as EKS describes it. */
  cluster?: Partial<Pick<Cluster, "version" | "certificateAuthority">>;
  /** Overrides the OS from the inventory and from the evidence. */
  os?: OsFamily;
  /** Used if the evidence lacks the kubelet's version. Default: the cluster's version. */
  kubernetesVersion?: string;
  /** Epoch seconds. */
  now: number;
  rules?: RuleChoice;
  /** The picked benchmarks. Default: the CIS Amazon EKS Benchmark. */
  benchmarks?: readonly BenchmarkName[];
  /** Whether a node fails a rule even if it breaks only the literal text of the STIG's check. */
  stigByLetter?: boolean;
  /** Pins the version of the CIS Amazon EKS Benchmark, for example "1.8.0". */
  benchmarkVersion?: BenchmarkVersion;
}

/** The outcome of judging one node. */
export interface NodeVerdicts {
  os: OsFamily;
  benchmark: BenchmarkVersion;
  evidence?: Evidence;
  /** The digest on the evidence's END line, lower-case hex. */
  evidenceSha256?: string;
  /** Absent on Bottlerocket, which reports on its kubelet but does not give access to its configuration. */
  kubelet?: EffectiveKubelet;
  /** Kubernetes minor version of the kubelet, for example "1.34". */
  kubeletVersion?: string;
  /** Why the kubelet would not start with the files on disk. `unreadable` then contains the same reason and a fix. */
  refuses?: string;
  /** Why the kubelet could not be judged. */
  unreadable?: Unreadable;
  verdicts: readonly { rule: Rule; severity: Severity; verdict: Verdict }[];
  /** Rules that threw an exception; their verdicts are notAvailable. */
  ruleErrors: readonly { rule: string; error: string; fix: string }[];
}

/** The input of the rules, or the reason why the node is unreadable. */
type Basis =
  | (Pick<NodeVerdicts, "kubelet" | "kubeletVersion"> & { evidence: Evidence; check(rule: Rule): Verdict })
  | (Pick<NodeVerdicts, "evidence" | "refuses"> & { unreadable: Unreadable });

/**
 * Judges one node by every rule that is on, without side effects. An unreadable node also gets a verdict of each rule.
 */
export function judgeNode(input: JudgeInput, ruleSet: readonly Rule[] = allRules): NodeVerdicts {
  const seen = shown(basisOf(input));
  const { check, ...rest } = "check" in seen ? seen : { ...seen, check: (rule: Rule) => unread(rule, seen.unreadable) };
  const kubeletVersion = "kubeletVersion" in rest ? rest.kubeletVersion : undefined;
  const version = input.cluster?.version ?? input.kubernetesVersion ?? kubeletVersion;
  const benchmark = benchmarkFor(version, input.benchmarkVersion);
  const ruleErrors: { rule: string; error: string; fix: string }[] = [];
  return {
    ...rest,
    ...(seen.evidence && { evidenceSha256: seen.evidence.sha256 }),
    os: osOf(input, seen.evidence),
    benchmark,
    verdicts: ruleSet.flatMap((rule) => {
      const severity = severityOf(rule, benchmark, input);
      if (severity === "off") return [];
      try {
        return { rule, severity, verdict: check(rule) };
      } catch (error) {
        ruleErrors.push({ rule: rule.id, ...causeOf(error) });
        return { rule, severity, verdict: ruleError(rule, error) };
      }
    }),
    ruleErrors,
  };
}

function causeOf(error: unknown): { error: string; fix: string } {
  if (error instanceof RuleEvaluationError) return { error: harmless(error.message), fix: error.fix };
  return { error: harmless(String(error)), fix: "Report this to the maintainers of the auditor." };
}

/** If the rule throws, its verdict gets the reason RULE_ERROR. The verdicts of other rules are not affected. */
function ruleError({ id }: Rule, error: unknown): Verdict {
  if (error instanceof RuleEvaluationError) {
    const because = `Your own rule ${id} could not be evaluated on this node: ${error.message}.`;
    return { status: "notAvailable", reason: "RULE_ERROR", because, fix: error.fix };
  }
  return {
    status: "notAvailable",
    reason: "RULE_ERROR",
    because: `The rule ${id} failed on this node's evidence, which is a defect of the auditor.`,
    fix: "Nothing on the node: report the error in the function's log to the maintainers of the auditor.",
  };
}

function shown(seen: Basis): Basis {
  return "unreadable" in seen ? { ...seen, unreadable: escapedReason(seen.unreadable) } : seen;
}

function basisOf(input: JudgeInput): Basis {
  if ("unreadable" in input.collected) return input.collected;
  const evidence = read(input.collected.output);
  if ("unreadable" in evidence) return evidence;
  if (evidence.bottlerocket) return lookAtReport(evidence, evidence.bottlerocket, input);
  const found = theKubelet(evidence);
  if ("unreadable" in found) return { evidence, ...found };
  const resolution = resolve(evidence, found.process, input.kubernetesVersion ?? input.cluster?.version);
  if ("unreadable" in resolution) return { evidence, ...resolution };
  if ("refuses" in resolution) return wouldNotStart(evidence, resolution.refuses);
  const { kubelet } = resolution;
  if (kubelet.exits !== undefined) return wouldNotStart(evidence, kubelet.exits);
  const clusterCA = clusterAuthorities(input.cluster?.certificateAuthority);
  const audited = {
    os: osOf(input, evidence),
    evidence,
    process: found.process,
    kubelet,
    now: input.now,
    benchmarks: input.benchmarks ?? usualBenchmarks,
    ...(input.node && { node: input.node }),
    ...(clusterCA && { clusterCA }),
  };
  return {
    evidence,
    kubelet,
    kubeletVersion: kubelet.version,
    check: (rule) => judgeRule(rule, audited, input.stigByLetter),
  };
}

function lookAtReport(evidence: Evidence, answers: BottlerocketEvidence, input: JudgeInput): Basis {
  const { cluster, node, now, benchmarks = usualBenchmarks } = input;
  const { os: release } = evidence;
  const found = theReport(answers, release.versionId);
  if ("unreadable" in found) return { evidence, ...found };
  // The name of a variant contains its Kubernetes version, for example "aws-k8s-1.31-nvidia".
  const [, kubeletVersion] = /-k8s-(1\.\d{1,3})(?=-|$)/.exec(release.variantId ?? "") ?? [];
  const reporting = {
    os: osOf(input, evidence),
    node,
    version: kubeletVersion,
    release,
    ...found,
    answers,
    clusterCA: clusterAuthorities(cluster?.certificateAuthority),
    now,
    benchmarks,
  };
  return { evidence, ...(kubeletVersion && { kubeletVersion }), check: (rule) => judgeBottlerocket(rule, reporting) };
}

function read(output: string): Evidence | { unreadable: Unreadable } {
  try {
    return readEvidence(output);
  } catch (error) {
    if (error instanceof UnreadableEvidenceError) return { unreadable: error.unreadable };
    throw error;
  }
}

/**
 * The reason when the kubelet runs, although the files on disk would prevent its start. They changed after it started.
 */
function wouldNotStart(evidence: Evidence, refuses: string): Basis {
  const unreadable: Unreadable = {
    code: "KUBELET_WOULD_NOT_START",
    because: `The kubelet runs, but it would not start with the files that are on disk now, so the configuration of the running kubelet is unknown: ${line(refuses)}.`,
    fix: "Find out who changed the kubelet's files or flags after it started, correct them or replace the node, and restart the kubelet.",
  };
  return { evidence, refuses, unreadable };
}
