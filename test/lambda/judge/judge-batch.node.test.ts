import { describe, expect, test } from "vitest";
import { updateOf } from "../../../lambda/domain/finding.ts";
import type { Collected } from "../../../lambda/domain/node.ts";
import { ownsAll } from "../../../lambda/domain/scope.ts";
import { exceptionsOn } from "../../../lambda/judge/excepted.ts";
import { judgeBatch } from "../../../lambda/judge/judge-batch.ts";
import { judgeNode } from "../../../lambda/judge/judge-node.ts";
import { type JudgeThread, late } from "../../../lambda/judge/judge-thread.ts";
import { diff } from "../../../lambda/ledger/diff.ts";
import type { Ledger } from "../../../lambda/ledger/ledger.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";
import { startRollCall } from "../../../lambda/run/roll-call.ts";
import { cluster as clusterOf, node as nodeOf, place, silent } from "../../kit/results.ts";
import { usualRules as rules } from "../../kit/usual-rules.ts";
import { stockEvidence } from "../stock-evidence.ts";

const now = Date.parse("2026-11-24T06:00:00Z");
const hour = 3_600_000;

const cluster = clusterOf({ autoMode: true });
const node = nodeOf({ os: "linux", launchedAt: "2026-11-20T08:00:00.000Z" });

const silence: Collected = { unreadable: silent };

/** Judges in this thread, with time for `answers` nodes. */
const timeFor = (answers: number): Pick<JudgeThread, "judge"> => ({
  judge: async (inputs) =>
    inputs.map((input, index) => (index < answers ? { judged: judgeNode(input) } : { unreadable: late })),
});

async function judgementOf(
  replies: [string, Collected][],
  choice: Record<string, "off"> = {},
  { nodes = [node], thread = timeFor(Number.POSITIVE_INFINITY) } = {},
) {
  const inventory = {
    cluster,
    nodes,
    nodeGroups: [],
    fargateProfiles: [],
    emptyNodeGroups: [],
    providerManaged: 0,
    complete: true,
  };
  const config = { rules: choice };
  const answers = new Map(nodes.map((each) => [each, new Map(replies).get(each.instanceId) ?? silence]));
  const parts = startRollCall([inventory], ownsAll).call(answers.keys());
  const standard = { config, place, exceptions: exceptionsOn([], now) };
  const judgement = await judgeBatch(parts, answers, standard, { now, thread, signal: new AbortController().signal });
  return { ...judgement, results: judgement.seen.flatMap(({ subjects }) => subjects.flatMap((each) => each.results)) };
}

test("a node without output has findings, and so has its cluster", async () => {
  const { judged, results } = await judgementOf([]);
  expect(judged).toMatchObject([{ subject: { node, unreadable: { code: "NO_REPLY" } } }]);
  expect(results).toHaveLength(rules.length + 1);
});

test("CreatedAt of a node's findings is the node's launch, so that it is the same in every run", async () => {
  const { results } = await judgementOf([["i-0abc", { output: "" }]]);
  const created = results.filter(({ subject }) => subject.id === "i-0abc").map((each) => updateOf(each).createdAt);
  expect(new Set(created)).toEqual(new Set([Date.parse("2026-11-20T08:00:00.000Z")]));
});

test("a rule that is off has no findings about nodes and clusters", async () => {
  const { results } = await judgementOf([["i-0abc", { output: "" }]], { "node-auditable": "off" });
  expect(results).toHaveLength(rules.length - 1);
  expect(results.filter(({ rule }) => rule.id === "node-auditable")).toEqual([]);
});

describe("when time runs out", () => {
  const [one, two, three] = ["i-01", "i-02", "i-03"].map((instanceId) => ({ ...node, instanceId }));
  const nodes = [one ?? node, two ?? node, three ?? node];
  const replies: [string, Collected][] = [
    ["i-01", { output: "long evidence" }],
    ["i-02", { output: "short" }],
    ["i-03", { unreadable: { code: "INSTANCE_GONE", because: "It is gone.", fix: "Nothing." } }],
  ];
  const codes = async (answers: number) => {
    const { judged, unjudged } = await judgementOf(replies, {}, { nodes, thread: timeFor(answers) });
    const byNode = Object.fromEntries(judged.map(({ subject: { id, unreadable } }) => [id, unreadable?.code]));
    return { ...byNode, unjudged };
  };

  test.each([
    ["for all nodes", 2, { "i-01": "EVIDENCE_ALTERED", "i-02": "EVIDENCE_ALTERED", unjudged: 0 }],
    [
      "for one node: the shortest evidence is judged, and the other node is OUT_OF_TIME",
      1,
      {
        "i-01": "OUT_OF_TIME",
        "i-02": "EVIDENCE_ALTERED",
        unjudged: 1,
      },
    ],
    [
      "for no node: a node without evidence keeps its own reason",
      0,
      {
        "i-01": "OUT_OF_TIME",
        "i-02": "OUT_OF_TIME",
        unjudged: 2,
      },
    ],
  ])("the time suffices %s", async (_, answers, expected) => {
    expect(await codes(answers)).toEqual({ "i-03": "INSTANCE_GONE", ...expected });
  });

  test("every node has results in the order of the inventory, and only node-auditable has a verdict", async () => {
    const { seen, unjudged } = await judgementOf(replies, {}, { nodes, thread: timeFor(0) });
    const ofNodes = seen.flatMap((each) => each.subjects).filter(({ subject }) => subject.kind === "node");
    expect(ofNodes.map(({ subject, results }) => [subject.id, results.length])).toEqual(
      nodes.map(({ instanceId }) => [instanceId, rules.length]),
    );
    const statuses = ofNodes.flatMap(({ results }) => results.map(({ status }) => status));
    expect(statuses.filter((status) => status !== "notAvailable")).toEqual(nodes.map(() => "failed"));
    expect(unjudged).toBe(2);
  });

  test("findings of a node that was not judged in time are held, and only node-auditable is sent", async () => {
    const output = await stockEvidence("al2023");
    const replyOfOne: [string, Collected][] = [[node.instanceId, { output }]];
    const reconciled = async (before: Ledger, answers: number, at: number) => {
      const { seen } = await judgementOf(replyOfOne, {}, { thread: timeFor(answers) });
      return seen.map((each) => {
        const subjects = each.subjects.filter(({ subject }) => subject.kind === "node");
        return diff(place, before, { ...each, subjects }, at);
      });
    };
    const [first] = await reconciled(new Map(), 1, now);
    const [second] = await reconciled(first?.next ?? new Map(), 0, now + hour);
    expect(first?.imports).toHaveLength(rules.length);
    expect(second).toMatchObject({ held: rules.length - 1, imports: [{ why: "changed", rule: "node-auditable" }] });
  });
});

test("a rule that throws gives RULE_ERROR, does not affect other verdicts, and fails the run with an error that names it", async () => {
  const output = await stockEvidence("al2023");
  const broken = rules.map(
    (rule): Rule => (rule.id === "event-qps" ? { ...rule, check: () => JSON.parse("?") } : rule),
  );
  const thread: Pick<JudgeThread, "judge"> = {
    judge: async (inputs) => inputs.map((input) => ({ judged: judgeNode(input, broken) })),
  };
  const nodes = ["i-01", "i-02"].map((instanceId) => ({ ...node, instanceId }));
  const replies = nodes.map(({ instanceId }): [string, Collected] => [instanceId, { output }]);
  const { judged, trouble } = await judgementOf(replies, {}, { nodes, thread });
  for (const { results, subject } of judged) {
    expect(subject.unreadable).toBeUndefined();
    const failed = results.filter(({ reasons }) => reasons.some(({ code }) => code === "RULE_ERROR"));
    expect(failed).toMatchObject([{ rule: { id: "event-qps" }, status: "notAvailable" }]);
    expect(results.filter(({ status }) => status === "passed").length).toBeGreaterThan(5);
  }
  expect(trouble).toMatchObject([
    {
      name: "RuleError",
      message: expect.stringMatching(/^The rule event-qps failed on i-01 and 1 other node: SyntaxError/),
    },
  ]);
});
