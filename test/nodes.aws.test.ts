import { readFileSync } from "node:fs";
import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
} from "@aws-sdk/client-securityhub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReasonCode } from "../lambda/domain/node.ts";
import { newestBenchmark } from "../lambda/rules/kit/benchmark.ts";
import type { Finding } from "../local-aws/asff.ts";
import { wholeRegion } from "../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../local-aws/server.ts";
import { unthrottled } from "../local-aws/traffic.ts";
import { cdkOutOf } from "./kit/cdk-out.ts";
import { usualRules as rules } from "./kit/usual-rules.ts";
import { clients } from "./local-aws/clients.ts";
import { type Expectation, expectations } from "./node-expectations.ts";

/** The deployed function audits all sample nodes once. The tests then compare each node's findings in Security Hub. */
let aws: LocalAws;
let ran: Awaited<ReturnType<LocalAws["fireSchedule"]>>;

beforeAll(async () => {
  aws = await startLocalAws({ home: wholeRegion(), rates: unthrottled });
  aws.deploy(await cdkOutOf("sample"));
  ran = await aws.fireSchedule();
});
afterAll(() => aws.close());

/** Expected status by rule. A reason code replaces the status NOT_AVAILABLE. */
function inFull({ unread, rules: named }: Expectation): Record<string, string> {
  const others = rules.map(({ id }) => [id, named[id] ?? unread ?? "PASSED"]);
  return { ...Object.fromEntries(others), "node-auditable": unread ? "FAILED" : "PASSED" };
}

/** The findings of each node, by cluster and the node's name or id. */
function byNode(): Map<string, Finding[]> {
  return Map.groupBy(aws.findings(), ({ Id }) => {
    const [cluster, id] = Id.split("/").slice(-2);
    return `${cluster}/${aws.home.nodes.find((node) => node.id === id)?.tags.Name ?? id}`;
  });
}

function statusByRule(findings: readonly Finding[]): Record<string, string | undefined> {
  return Object.fromEntries(
    findings.map(({ GeneratorId, Compliance }) => {
      const reason = Compliance?.StatusReasons?.[0]?.ReasonCode;
      return [GeneratorId.split("/")[1], Compliance?.Status === "NOT_AVAILABLE" ? reason : Compliance?.Status];
    }),
  );
}

test("the run succeeds and reports the node group that has no running nodes although its desired size is not 0", () => {
  expect(ran.error).toBeUndefined();
  expect(ran.result).toMatchObject({
    problems: ["node group starved of cluster lab (ACTIVE) should have 2 nodes and has none running"],
    perCluster: [{ scaledToZero: ["burst"] }, { scaledToZero: [] }, { scaledToZero: ["idle"] }],
  });
});

test("Security Hub has findings of every node, and of clusters with Auto Mode or Fargate", () => {
  const closed = ["batch-legacy/cluster", "prod-apps/cluster"];
  expect([...byNode().keys()].sort()).toEqual([...Object.keys(expectations), ...closed].sort());
});

describe("each node has the expected finding for every rule", () => {
  test.each(Object.entries(expectations))("%s", (node, expected) => {
    const findings = byNode().get(node) ?? [];
    expect(statusByRule(findings)).toEqual(inFull(expected));
    const auditable = findings.find(({ GeneratorId }) => GeneratorId.endsWith("/node-auditable"));
    expect(auditable?.Compliance?.StatusReasons?.[0]?.ReasonCode).toBe(expected.unread);
  });
});

test("the finding of a node whose command failed has the exit code, the error and the fix", () => {
  const findings = byNode().get("lab/COMMAND_FAILED") ?? [];
  const auditable = findings.find(({ GeneratorId }) => GeneratorId.endsWith("/node-auditable"));
  expect(JSON.stringify(auditable)).toMatch(/exit code 126: .+_script\.sh: Permission denied.+without noexec/);
});

test("each rule of the CIS Amazon EKS Benchmark except event-qps fails for at least one sample node", () => {
  const broken = Object.values(expectations).flatMap((expected) =>
    Object.entries(inFull(expected)).flatMap(([rule, status]) => (status === "FAILED" ? rule : [])),
  );
  // event-qps fails only for a negative rate, and a kubelet with a negative rate does not start.
  const unbreakable = ["event-qps"];
  const numbered = rules.filter(({ id, cis }) => newestBenchmark in cis && !unbreakable.includes(id));
  expect(numbered.length).toBeGreaterThan(10);
  expect(broken).toEqual(expect.arrayContaining(numbered.map(({ id }) => id)));
});

/** Where each reason occurs. These tests cover only the reasons "of a node"; test/lambda/ covers the others. */
const reasons: Record<ReasonCode, "of a node" | "of a run" | "of a cluster" | "of a rule"> = {
  STARTING: "of a run",
  NOT_REGISTERED_WITH_SSM: "of a node",
  SSM_AGENT_OFFLINE: "of a node",
  SSM_CONNECTION_LOST: "of a node",
  ACCESS_DENIED: "of a node",
  UNDELIVERABLE: "of a node",
  DELIVERY_TIMED_OUT: "of a node",
  EXECUTION_TIMED_OUT: "of a node",
  COMMAND_CANCELLED: "of a node",
  COMMAND_TERMINATED: "of a node",
  COMMAND_FAILED: "of a node",
  INVALID_PLATFORM: "of a node",
  NO_REPLY: "of a run",
  INSTANCE_GONE: "of a run",
  EVIDENCE_MISSING: "of a node",
  EVIDENCE_CUT: "of a node",
  EVIDENCE_ALTERED: "of a node",
  EVIDENCE_UNKNOWN_FORMAT: "of a node",
  EVIDENCE_INCOMPLETE: "of a node",
  EVIDENCE_TOO_COSTLY: "of a run",
  NO_KUBELET: "of a node",
  SEVERAL_KUBELETS: "of a node",
  KUBELET_WOULD_NOT_START: "of a node",
  UNSUPPORTED_KUBERNETES_VERSION: "of a node",
  UNSUPPORTED_OS: "of a node",
  PROVIDER_MANAGED: "of a cluster",
  FARGATE: "of a cluster",
  OUT_OF_TIME: "of a run",
  AUDITOR_ERROR: "of a run",
  RULE_ERROR: "of a rule",
  MAY_HAVE_CHANGED: "of a rule",
  NOT_APPLICABLE: "of a rule",
};

test("each reason of a node occurs in the findings of a sample node", () => {
  const met = Object.values(expectations).flatMap(({ unread }) => unread ?? []);
  const possible = Object.entries(reasons).flatMap(([code, where]) => (where === "of a node" ? code : []));
  expect([...new Set<string>(met)].sort()).toEqual(possible.sort());
});

test("docs/nodes.md describes every reason", () => {
  const page = readFileSync(new URL("../docs/nodes.md", import.meta.url), "utf8");
  expect(Object.keys(reasons).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});

test("every finding that is not PASSED states the reason and the fix in sentences", () => {
  for (const { Id, Compliance, Description, Remediation } of aws.findings()) {
    if (Compliance?.Status === "PASSED") continue;
    expect(Description, Id).toMatch(/^[^\n]*[.)…]$/m);
    expect(Compliance?.StatusReasons?.[0]?.Description, Id).toMatch(/^\S.*[.…]$/s);
    expect(Remediation?.Recommendation?.Text, Id).toMatch(/^[A-Z]/);
  }
});

describe("the insights", () => {
  const failed = (isShown: (rule: string) => boolean) =>
    aws
      .findings()
      .filter(
        ({ GeneratorId, Compliance }) => Compliance?.Status === "FAILED" && isShown(GeneratorId.split("/")[1] ?? ""),
      );
  const count = (values: readonly string[]) =>
    Object.fromEntries([...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]));
  const shown = (index: number) => {
    const { name, groups = [] } = aws.insights()[index] ?? {};
    return { name, groups: Object.fromEntries(groups.map(({ value, count }) => [value, count])) };
  };
  const isRule = (rule: string) => rule !== "node-auditable";
  const resources = (findings: readonly Finding[]) =>
    count(findings.flatMap(({ Resources }) => Resources.map(({ Id }) => Id)));

  test("count failed findings by cluster and node", () => {
    const name = "EKS kubelets: failed findings, by cluster and node";
    expect(shown(0)).toEqual({ name, groups: resources(failed(isRule)) });
    const clusters = Object.keys(shown(0).groups).filter((id) => id.includes(":cluster/"));
    expect(clusters.map((id) => id.split("/")[1]).sort()).toEqual(["batch-legacy", "lab", "prod-apps"]);
  });

  test("count failed findings by rule", () => {
    const name = "EKS kubelets: failed findings, by rule";
    expect(shown(1)).toEqual({ name, groups: count(failed(isRule).map(({ GeneratorId }) => GeneratorId)) });
  });

  test("count nodes that cannot be audited", () => {
    const name = "EKS kubelets: nodes that cannot be audited, by cluster and node";
    expect(shown(2)).toEqual({ name, groups: resources(failed((rule) => !isRule(rule))) });
    expect(Object.keys(shown(2).groups)).toContain("arn:aws:ec2:us-east-1:111122223333:instance/i-0708192a3b4c5d6e7");
  });

  test("exclude suppressed and resolved findings, and findings of other products", async () => {
    const before = Object.keys(shown(2).groups);
    const [one, two] = failed((rule) => !isRule(rule));
    const { hub } = clients(aws);
    for (const [{ Id = "", ProductArn = "" } = {}, Status] of [
      [one, "SUPPRESSED"],
      [two, "RESOLVED"],
    ] as const) {
      const FindingIdentifiers = [{ Id, ProductArn }];
      await hub.send(new BatchUpdateFindingsCommand({ FindingIdentifiers, Workflow: { Status } }));
    }
    const theirs = { ...one, Id: "theirs", GeneratorId: "eks-kubelet-auditor-of-theirs/node-auditable" };
    await hub.send(new BatchImportFindingsCommand({ Findings: [theirs as AwsSecurityFinding] }));
    const gone = [one, two].map((finding) => finding?.Resources[0]?.Id);
    expect(before).toEqual(expect.arrayContaining(gone));
    expect(Object.keys(shown(2).groups).sort()).toEqual(before.filter((id) => !gone.includes(id)).sort());
  });
});
