import { expect, test } from "vitest";
import { judgeAll } from "../../lambda/judgement.ts";
import type { Collected, Node } from "../../lambda/node.ts";
import { rules } from "../../lambda/rules/index.ts";

const home = { partition: "aws", region: "us-east-1", account: "111122223333" };
const cluster = { name: "prod", arn: "arn:aws:eks:us-east-1:111122223333:cluster/prod", autoMode: true };
const node: Node = {
  instanceId: "i-0abc",
  arn: "arn:aws:ec2:us-east-1:111122223333:instance/i-0abc",
  cluster: "prod",
  group: { kind: "self-managed", name: "g" },
  os: "linux",
  launchedAt: "2026-11-20T08:00:00.000Z",
  tags: {},
};

function judgementOf(replies: [string, Collected][], choice: Record<string, "off"> = {}) {
  const inventory = {
    cluster,
    nodes: [node],
    nodeGroups: [],
    fargateProfiles: [],
    emptyNodeGroups: [],
    providerManaged: 0,
    complete: true,
  };
  const config = {
    documentName: "d",
    documentSha256: "",
    ledgerBucket: "b",
    isAudited: () => true,
    hybrid: false,
    rules: choice,
    exceptions: [],
  };
  const judgement = judgeAll([inventory], new Map(replies), config, home, Date.parse("2026-11-24T06:00:00Z"));
  return {
    ...judgement,
    findings: judgement.seen.flatMap(({ subjects }) => subjects.flatMap((each) => each.findings)),
  };
}

test("a node that nobody answered for is not forgotten", () => {
  const { outcomes, findings } = judgementOf([]);
  expect(outcomes).toMatchObject([{ node, unreadable: { code: "AUDITOR_ERROR" } }]);
  expect(findings).toHaveLength(rules.length + 1);
});

test("findings of a node are as old as the node, so that they stay that old from run to run", () => {
  const { findings } = judgementOf([["i-0abc", { output: "" }]]);
  const created = findings.filter(({ Id }) => Id?.endsWith("/i-0abc")).map(({ CreatedAt }) => CreatedAt);
  expect(new Set(created)).toEqual(new Set(["2026-11-20T08:00:00.000Z"]));
});

test("a rule that is off has no finding, about nodes or about clusters", () => {
  const { findings } = judgementOf([["i-0abc", { output: "" }]], { "node-auditable": "off" });
  expect(findings).toHaveLength(rules.length - 1);
  expect(findings.filter(({ GeneratorId }) => GeneratorId?.endsWith("/node-auditable"))).toEqual([]);
});
