import type { Cluster, Node, OsFamily, Unreadable } from "../domain/node.ts";
import { osInRelease } from "../domain/operating-systems.ts";
import type { BenchmarkVersion } from "../domain/rule-facts.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { benchmarkFor } from "../rules/kit/benchmark.ts";
import { type Picked, severityOf } from "../rules/kit/picked.ts";
import type { Rule, Verdict } from "../rules/kit/rule.ts";
import { harmless } from "../text.ts";

/** The part of `JudgeInput` that does not need evidence. */
interface UnreadInput extends Picked, WhichOs {
  cluster?: Partial<Pick<Cluster, "version">>;
  kubernetesVersion?: string;
  benchmarkVersion?: BenchmarkVersion;
}

interface WhichOs {
  node?: Node;
  os?: OsFamily;
}

/**
 * Judges a node without evidence. The function's handler judges only such nodes. This file imports nothing that reads
 * evidence, so that only the bundle of the judging thread contains that code.
 */
export function judgeUnread(input: UnreadInput, unreadable: Unreadable, ruleSet: readonly Rule[]) {
  const why = escapedReason(unreadable);
  const benchmark = benchmarkFor(input.cluster?.version ?? input.kubernetesVersion, input.benchmarkVersion);
  return {
    unreadable: why,
    os: osOf(input, undefined),
    benchmark,
    verdicts: ruleSet.flatMap((rule) => {
      const severity = severityOf(rule, benchmark, input);
      return severity === "off" ? [] : { rule, severity, verdict: unread(rule, why) };
    }),
    ruleErrors: [],
  };
}

/**
 * The verdict of a rule about an unreadable node: notAvailable, unless the rule has a verdict of its own for such
 * nodes.
 */
export function unread(rule: Rule, why: Unreadable): Verdict {
  return rule.unread?.(why) ?? { status: "notAvailable", reason: why.code, because: why.because, fix: why.fix };
}

/**
 * Escapes the reason for logs and findings. It can quote text that a node chose; for example, an agent reports its own
 * platform name.
 */
export function escapedReason({ code, because, fix }: Unreadable): Unreadable {
  return { code, because: harmless(because), fix: harmless(fix) };
}

/** The node's OS: from the inventory, or from the evidence if AWS did not return it. */
export function osOf({ os, node }: WhichOs, evidence: Evidence | undefined): OsFamily {
  if (os !== undefined) return os;
  if (node !== undefined && node.os !== "linux") return node.os;
  return osInRelease(evidence?.os ?? {});
}
