import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateDocumentCommand, DeleteDocumentCommand } from "@aws-sdk/client-ssm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Finding } from "../../local-aws/asff.ts";
import type { InitialRegion } from "../../local-aws/initial-region.ts";
import type { Invoked } from "../../local-aws/lambda.ts";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import type { Unsettled } from "../../local-aws/unsettled.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { clients } from "../local-aws/clients.ts";
import { printing, stockEvidence } from "./stock-evidence.ts";

let cdkOut: string;
let aws: LocalAws;

beforeAll(async () => {
  cdkOut = await cdkOutOf("sample");
});

/** An account with the sample account-Region, in which the synthesized stack is deployed. */
async function start(change: Partial<InitialRegion> = {}, unsettled: Partial<Unsettled> = {}): Promise<void> {
  const home = await printing({ ...sampleRegion(), ...change });
  const pace = { timeoutSecond: 5, delivery: 5, consistency: 0 };
  aws = await startLocalAws({ home, pace, rates: unthrottled, unsettled });
  aws.deploy(cdkOut);
}

/** Runs the deployed function, as its schedule would, and returns its summary. */
async function run(): Promise<unknown> {
  const { result, error } = await aws.fireSchedule();
  if (error) throw new Error(`${error.errorType}: ${error.errorMessage}`);
  return result;
}

const jsonLines = (log: readonly string[]) =>
  log.filter((line) => line.startsWith("{")).map((line): Record<string, unknown> => JSON.parse(line));

/** The findings of one rule in Security Hub, by cluster and instance id. */
function standing(rule: string): Record<string, Finding> {
  const findings = aws.findings().filter(({ GeneratorId }) => GeneratorId === `eks-kubelet-auditor/${rule}`);
  return Object.fromEntries(findings.map((finding) => [finding.Id.split("/").slice(-2).join("/"), finding]));
}

/** Requests by IAM action: one of S3's operations has an action of another name. */
function actions({ "s3:ListObjectsV2": lists, ...calls }: Record<string, number>): Record<string, number | undefined> {
  return { ...calls, "s3:ListBucket": lists };
}

const statusOf = (findings: Record<string, Finding>) =>
  Object.fromEntries(Object.entries(findings).map(([subject, { Compliance }]) => [subject, Compliance?.Status]));

const reasonsOf = (findings: Record<string, Finding>) =>
  Object.entries(findings).flatMap(([subject, { Compliance }]) =>
    (Compliance?.StatusReasons ?? []).map(({ ReasonCode }) => `${subject} ${ReasonCode}`),
  );

describe("the first run", () => {
  let first: Invoked;
  beforeAll(async () => {
    await start();
    first = await aws.fireSchedule();
  });
  afterAll(() => aws.close());

  test("every node of the sample account-Region gets a passed or failed finding, or a reason", async () => {
    expect(first.result).toMatchObject({
      clusters: 2,
      nodes: {
        total: 21,
        audited: 15,
        notAuditable: {
          ACCESS_DENIED: 1,
          EVIDENCE_ALTERED: 1,
          EXECUTION_TIMED_OUT: 1,
          NOT_REGISTERED_WITH_SSM: 1,
          SSM_CONNECTION_LOST: 1,
          UNSUPPORTED_OS: 1,
        },
      },
      imported: aws.findings().length,
      calls: actions(aws.calls()),
      perCluster: [
        { name: "prod-apps", nodes: { total: 13, audited: 8 }, providerManaged: 1, scaledToZero: ["burst"] },
        {
          name: "batch-legacy",
          nodes: { total: 8, audited: 7, starting: 0, notAuditable: { UNSUPPORTED_OS: 1 } },
          fargateProfiles: 1,
        },
      ],
      problems: [],
    });
    expect(statusOf(standing("client-ca-file"))).toEqual({
      "batch-legacy/i-0a12b34c56d78e901": "PASSED", // AL2
      "batch-legacy/i-01a2b3c4d5e6f7089": "PASSED", // Ubuntu
      "batch-legacy/i-0f67a89b01c23d456": "PASSED", // Bottlerocket
      "batch-legacy/i-0f708192a3b4c5d6e": "FAILED", // Bottlerocket in standalone mode
      "batch-legacy/i-0f8192a3b4c5d6e7f": "NOT_AVAILABLE", // a Bottlerocket version without this setting in its report
      "batch-legacy/i-0d45e67f89a01b234": "FAILED", // a drop-in removes the CA
      "batch-legacy/i-04d5e6f708192a3b4": "PASSED", // a flag sets the CA, without a file
      "batch-legacy/i-05e6f708192a3b4c5": "FAILED", // neither flags nor files set a CA
      "prod-apps/i-02b3c4d5e6f708192": "PASSED", // Windows
      "prod-apps/mi-0f1e2d3c4b5a69788": "PASSED", // hybrid
      "prod-apps/i-0b23c45d67e89f012": "PASSED", // AL2023
      "prod-apps/i-0c34d56e78f90a123": "PASSED", // a harmless drop-in
      "prod-apps/i-0e7f8091a2b3c4d5e": "PASSED", // a Karpenter node without the tag of its node pool
      "prod-apps/i-0e56f78a90b12c345": "PASSED", // a CA is set, but not the cluster's
      "prod-apps/i-06f708192a3b4c5d6": "FAILED", // a flag sets the CA to ""
      "prod-apps/i-0a3b4c5d6e7f8091a": "PASSED", // more evidence than ListCommandInvocations returns
      "prod-apps/i-0708192a3b4c5d6e7": "NOT_AVAILABLE",
      "prod-apps/i-08192a3b4c5d6e7f8": "NOT_AVAILABLE",
      "prod-apps/i-092a3b4c5d6e7f809": "NOT_AVAILABLE",
      "prod-apps/i-0b4c5d6e7f8091a2b": "NOT_AVAILABLE",
      "prod-apps/i-0d6e7f8091a2b3c4d": "NOT_AVAILABLE",
    });
    expect(standing("client-ca-trust")["prod-apps/i-0e56f78a90b12c345"]?.Compliance?.Status).toBe("FAILED");
    expect(reasonsOf(standing("node-auditable")).sort()).toEqual([
      "batch-legacy/cluster FARGATE",
      "batch-legacy/i-0f8192a3b4c5d6e7f UNSUPPORTED_OS",
      "prod-apps/cluster PROVIDER_MANAGED",
      "prod-apps/i-0708192a3b4c5d6e7 NOT_REGISTERED_WITH_SSM",
      "prod-apps/i-08192a3b4c5d6e7f8 SSM_CONNECTION_LOST",
      "prod-apps/i-092a3b4c5d6e7f809 EXECUTION_TIMED_OUT",
      "prod-apps/i-0b4c5d6e7f8091a2b EVIDENCE_ALTERED",
      "prod-apps/i-0d6e7f8091a2b3c4d ACCESS_DENIED",
    ]);
  });

  test("logs one summary line, one line per unreadable node, and metrics", async () => {
    const lines = first.log.map((line): Record<string, unknown> => JSON.parse(line));
    expect(lines.filter(({ message }) => message === "audit")).toHaveLength(1);
    const unread = lines.filter(({ message }) => message === "node not auditable");
    expect(unread.map(({ instanceId, code }) => `${instanceId} ${code}`).sort()).toEqual([
      "i-0708192a3b4c5d6e7 NOT_REGISTERED_WITH_SSM",
      "i-08192a3b4c5d6e7f8 SSM_CONNECTION_LOST",
      "i-092a3b4c5d6e7f809 EXECUTION_TIMED_OUT",
      "i-0b4c5d6e7f8091a2b EVIDENCE_ALTERED",
      "i-0d6e7f8091a2b3c4d ACCESS_DENIED",
      "i-0f8192a3b4c5d6e7f UNSUPPORTED_OS",
    ]);
    const metrics = lines.filter((line) => "_aws" in line);
    const whole = metrics.find((line) => "Coverage" in line) ?? {};
    expect(whole).toMatchObject({
      Clusters: 2,
      Nodes: 21,
      NodesAudited: 15,
      Coverage: (100 * 15) / 21,
      FindingsRefused: 0,
    });
    const sum = (breakdown: string, name: string) =>
      metrics.filter((line) => breakdown in line).reduce((all, line) => all + Number(line[name] ?? 0), 0);
    expect(sum("Rule", "FindingsFailed")).toBe(whole.FindingsFailed);
    expect(sum("Reason", "NodesNotAuditable")).toBe(6);
    expect(sum("Cluster", "Nodes")).toBe(21);
    expect(sum("Cluster", "NodesAudited") + sum("Cluster", "NodesNotAuditable")).toBe(21);
    expect(metrics.flatMap(({ Phase }) => Phase ?? []).sort()).toEqual(
      ["inventory", "collect", "judge", "reconcile", "announce", "publish", "record"].sort(),
    );
    expect(metrics.find(({ Reason }) => Reason === "ACCESS_DENIED")?._aws).toMatchObject({
      CloudWatchMetrics: [{ Namespace: "EksKubeletAuditor", Dimensions: [["service", "Reason"]] }],
    });
  });

  test("only a run of all clusters stores a report, with every node, in the bucket of the ledgers", async () => {
    const reports = () => {
      const objects = [...aws.home.buckets.values()].flatMap((bucket) => [...bucket.objects]);
      return objects.filter(([name]) => !name.startsWith("ledgers/"));
    };
    const [[key, versions] = ["", []], ...others] = reports();
    expect([key, versions.length, others]).toEqual(["reports/111122223333/us-east-1/latest.html", 1, []]);
    const page = String(versions.at(-1)?.body);
    const audited = aws.home.nodes.filter(({ instance }) => !instance?.operator && instance?.state !== "stopped");
    for (const { id } of audited) expect(page).toContain(id);
    expect((await aws.invoke({ cluster: "prod-apps" })).error).toBeUndefined();
    expect([reports().length, versions.length]).toEqual([1, 1]);
  });

  test("the next run updates findings of fixed and broken nodes under the same Id and with a later UpdatedAt", async () => {
    const before = standing("client-ca-file");
    Object.assign(aws.node("i-0d45e67f89a01b234"), { behaviour: { prints: await stockEvidence("al2023") } });
    Object.assign(aws.node("i-0b23c45d67e89f012"), { behaviour: { prints: await stockEvidence("al2023-dropin-bad") } });
    await run();
    const after = standing("client-ca-file");
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    for (const [subject, status] of [
      ["batch-legacy/i-0d45e67f89a01b234", "PASSED"],
      ["prod-apps/i-0b23c45d67e89f012", "FAILED"],
    ] as const) {
      expect(after[subject]?.Compliance?.Status).toBe(status);
      expect(after[subject]?.CreatedAt).toBe(before[subject]?.CreatedAt);
      expect(Date.parse(after[subject]?.UpdatedAt ?? "")).toBeGreaterThan(Date.parse(before[subject]?.UpdatedAt ?? ""));
    }
  });
});

test.each([
  ["us-gov-west-1", "aws-us-gov"],
  ["cn-north-1", "aws-cn"],
])("in %s every ARN in a finding has the partition %s", async (region, partition) => {
  await start({ region, nodes: sampleRegion().nodes.slice(0, 3) });
  await run();
  expect(aws.findings().length).toBeGreaterThan(0);
  const arns = JSON.stringify(aws.findings()).match(/arn:[\w-]+:/g);
  expect([...new Set(arns)]).toEqual([`arn:${partition}:`]);
  await aws.close();
});

/** Deploys the stack with another text in its template. */
function deployWith(text: RegExp, replacement: string): void {
  const changed = mkdtempSync(join(tmpdir(), "cdk-out-"));
  cpSync(cdkOut, changed, { recursive: true });
  for (const file of globSync(join(changed, "*.template.json"))) {
    writeFileSync(file, readFileSync(file, "utf8").replace(text, replacement));
  }
  aws.deploy(changed);
  folders.push(changed);
}
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

test("a function with no time left sends no command, fails, and logs one line with the nodes that it did not reach", async () => {
  await start();
  deployWith(/"Timeout": 900\b/, '"Timeout": 60');
  const { log, error } = await aws.fireSchedule();
  expect(error?.errorMessage).toContain("CollectionUnfinishedError");
  const lines = jsonLines(log);
  const late = lines.filter(({ message }) => message === "nodes not reached in time");
  expect(late).toMatchObject([{ instanceIds: { length: 19 } }]);
  expect(lines.some(({ code }) => code === "OUT_OF_TIME")).toBe(false);
  await aws.close();
});

test.each(["named", "not named"] as const)(
  "a node to which IAM denies the document is ACCESS_DENIED and does not affect the others (instance %s)",
  async (deniedInstances) => {
    const untagged = { tags: { "aws:eks:cluster-name": "prod-apps" } };
    const nodes = sampleRegion().nodes.flatMap((node) => {
      if (node.id === "i-0b23c45d67e89f012") return { ...node, ...untagged };
      return ["i-0c34d56e78f90a123", "i-0e56f78a90b12c345"].includes(node.id) ? node : [];
    });
    await start({ nodes }, { deniedInstances });
    expect(await run()).toMatchObject({ nodes: { total: 3, audited: 2, notAuditable: { ACCESS_DENIED: 1 } } });
    await aws.close();
  },
);

describe("a run that ends early fails, and logs the summary and metrics of what it did", () => {
  beforeEach(() => start());
  afterEach(() => aws.close());

  const everyNode = { clusters: 2, nodes: { total: 21, audited: 0 } };
  const nothing = { clusters: 0, nodes: { total: 0, audited: 0 } };
  test.each<[string, () => unknown, error: RegExp, summary: { clusters: number } & Record<string, unknown>]>([
    [
      "the document was changed",
      async () => {
        const [Name = ""] = aws.home.documents.keys();
        const mainSteps = [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: ["reboot"] } }];
        const Content = JSON.stringify({ schemaVersion: "2.2", mainSteps });
        await clients(aws).ssm.send(new DeleteDocumentCommand({ Name }));
        await clients(aws).ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: "Command" }));
      },
      /DocumentChangedError: No version of the SSM document .* has the content that was deployed/,
      { ...everyNode, calls: expect.not.objectContaining({ "ssm:SendCommand": expect.anything() }) },
    ],
    [
      "Security Hub is disabled",
      () => {
        aws.home.securityHubSince = undefined;
      },
      /SecurityHubDisabledError: .*Enable Security Hub CSPM/,
      everyNode,
    ],
    [
      "the settings leave out every cluster",
      () => deployWith(/(?="DOCUMENT_SHA256":)/, String.raw`"CLUSTERS": "{\"include\":[\"none\"]}",`),
      /NothingToAuditError: .*us-east-1/,
      { ...nothing, calls: { "eks:ListClusters": 1 } },
    ],
    [
      "EC2 does not list instances",
      () => {
        const error = { code: "UnauthorizedOperation", status: 403 };
        aws.faults.push({ operation: "ec2:DescribeInstances", times: 100, error });
      },
      /ec2:DescribeInstances/,
      { ...nothing, phases: { inventory: expect.any(Number) } },
    ],
    [
      "a setting is wrong",
      () => deployWith(/(?="DOCUMENT_SHA256":)/, '"CLUSTERS": "{",'),
      /JSON/,
      { ...nothing, calls: {} },
    ],
  ])("%s", async (_, spoil, error, expected) => {
    await spoil();
    const invoked = await aws.fireSchedule();
    expect(`${invoked.error?.errorType}: ${invoked.error?.errorMessage}`).toMatch(error);
    const lines = jsonLines(invoked.log);
    const summaries = lines.filter(({ message }) => message === "audit");
    expect(summaries).toMatchObject([{ summary: { ...expected, endedBy: expect.stringMatching(error) } }]);
    const metrics = lines.filter((line) => "_aws" in line);
    expect(metrics.some(({ Seconds }) => Number(Seconds) >= 0)).toBe(true);
    // Coverage is 0 % when the inventory was taken, and absent otherwise.
    expect(metrics.flatMap(({ Coverage }) => Coverage ?? [])).toEqual(expected.clusters > 0 ? [0] : []);
    expect(metrics.some((line) => "FindingsPassed" in line)).toBe(false);
  });

  test("when the input is not a valid scope", async () => {
    const { error, log } = await aws.invoke({ cluster: 7 });
    expect(error?.errorType).toBe("ScopeError");
    expect(jsonLines(log).filter(({ message }) => message === "audit")).toMatchObject([
      { summary: { ...nothing, endedBy: expect.stringContaining("ScopeError") } },
    ]);
  });
});
