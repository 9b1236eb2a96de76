import type { Node } from "../../../lambda/domain/node.ts";
import { type JudgeInput, judgeNode } from "../../../lambda/judge/judge-node.ts";
import { ownRuleCompiler } from "../../../lambda/own-rules/compile.ts";
import type { OwnRule } from "../../../lambda/own-rules/own-rule.ts";
import { node } from "../../kit/results.ts";
import { cluster, collected, type NodeState, startedAt } from "../../node-state.ts";

const compiler = ownRuleCompiler();

export function ownRule(parts: Partial<OwnRule> = {}): OwnRule {
  const texts = { id: "max-pods", title: "At most 58 pods on a node", remediation: "Set maxPods." };
  return { ...texts, severity: "LOW", passes: "kubelet.maxPods <= 58", requirements: [], ...parts };
}

/** The problems of a rule's expressions, for example `passes: unknown function "foo"`. */
export function problemsOf(parts: Partial<OwnRule>): string[] {
  const problems: string[] = [];
  compiler.check(ownRule(parts), (member, { message }) => problems.push(`${member}: ${message}`));
  return problems;
}

/** The node of a usual test, as the inventory contains it. */
export const inventoried: Node = node({
  instanceType: "m7i.large",
  architecture: "x86_64",
  tags: { team: "data" },
});

/** Judges one rule on a node in this state, of which the inventory contains `inventoried`. */
export function judgedBy(parts: Partial<OwnRule>, state: NodeState = { file: {} }, input: Partial<JudgeInput> = {}) {
  const collectedOutput = { collected: { output: collected(state) }, cluster, now: startedAt + 3600 };
  const judged = judgeNode({ ...collectedOutput, node: inventoried, ...input }, [compiler.compile(ownRule(parts))]);
  const verdict = judged.verdicts[0]?.verdict;
  if (verdict === undefined) throw new Error("The rule has no verdict.");
  return { ...verdict, errors: judged.ruleErrors };
}
