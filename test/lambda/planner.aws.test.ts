import { join } from "node:path";
import { ListClustersCommand } from "@aws-sdk/client-eks";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Hub } from "../../local-aws/hub.ts";
import {
  hubRegion,
  memberRegions,
  organizationSettings,
  sampleOrganization,
} from "../../local-aws/sample-organization.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import type { Execution } from "../../local-aws/states.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { usualRules } from "../kit/usual-rules.ts";
import { clients, refusal } from "../local-aws/clients.ts";
import { printing } from "./stock-evidence.ts";

let aws: LocalAws;
let hub: Hub;

/** An account that has joined the organization and has no member stack yet. */
const joined = "777788889999";
const shop = "444455556666";
const prod = "111122223333";

/** The number of findings in Security Hub, by compliance status. */
function standing(account: string, region: string): Record<string, number> {
  const findings = aws.findings(aws.at(account, region));
  const byStatus = Object.groupBy(findings, ({ Compliance }) => Compliance?.Status ?? "none");
  return Object.fromEntries(Object.entries(byStatus).map(([status, group]) => [status, group?.length ?? 0]));
}

async function run(): Promise<Execution> {
  return (await hub.fireSchedule()) ?? expect.fail("the schedule could not start the state machine");
}

beforeAll(async () => {
  const organization = sampleOrganization();
  const others = await Promise.all(memberRegions().map(printing));
  const pace = { timeoutSecond: 5, delivery: 5, consistency: 0 };
  aws = await startLocalAws({ home: hubRegion(), others, organization, pace, rates: unthrottled });
  hub = aws.deployHub(await cdkOutOf("organization"));

  organization.root.units?.[0]?.accounts.push({ id: joined });
  aws.at(shop, "eu-central-1").securityHubSince = undefined;
  // A cluster whose only node is unreadable.
  const [{ agent: _, ...node } = expect.fail()] = aws.at(shop, "eu-central-1").nodes;
  const [cluster = expect.fail()] = aws.at(shop, "eu-central-1").clusters;
  aws.at(prod, "us-east-1").clusters.push({ ...cluster, name: "dark" });
  aws.at(prod, "us-east-1").nodes.push({ ...node, id: "i-0da4c0000000000ff", tags: { "eks:cluster-name": "dark" } });
});
afterAll(() => aws.close());

describe("an account without the role, a Region without Security Hub, an unreadable cluster, and a throttled start of a run", () => {
  let execution: Execution;
  beforeAll(async () => {
    aws.faults.push({ operation: "lambda:Invoke", error: "throttled" });
    execution = await run();
  });

  test("fail the execution with one line for each failure", () => {
    expect(execution.output).toBeUndefined();
    expect(execution.error?.error).toBe("OrganizationFailedError");
    const { errorMessage } = JSON.parse(execution.error?.cause ?? "");
    expect(errorMessage.split(/: (?=\d)| \| |\. The/).slice(0, -1)).toEqual([
      "4 failures in 6 account-Regions with 6 parts",
      `${prod} us-east-1: cluster dark shard 0/1: RunFailedError`,
      `${shop} eu-central-1: cluster shop shard 0/1: SecurityHubDisabledError`,
      `${joined} us-east-1: not planned: MemberRoleError`,
      `${joined} eu-central-1: not planned: MemberRoleError`,
    ]);
  });

  test("are each tried three times, and the throttled start once more", () => {
    expect(execution.retries).toEqual({ ListTargets: 1, PlanParts: 4, Audit: 4 });
  });

  test("do not prevent the audit of other nodes", () => {
    const clusters = aws
      .findings(aws.at(prod, "us-east-1"))
      .filter(({ Id, Compliance }) => Compliance?.Status === "PASSED" && Id.includes("/client-ca-file/"))
      .map(({ Id }) => Id.split("/").at(-2));
    expect(Map.groupBy(clusters, (cluster) => cluster).size).toBe(2);
    expect(standing(shop, "eu-central-1")).toEqual({});
  });

  test("are explained in the logs with their scope", () => {
    const lines = execution.log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    const troubles = lines.filter(({ level }) => level === "ERROR");
    expect(
      troubles.map(({ scope, message }) => `${scope.account} ${scope.region} ${scope.cluster}: ${message}`),
    ).toContain(`${prod} us-east-1 dark: trouble`);
    expect(troubles.map(({ scope, message }) => `${scope.account} ${scope.region}: ${message}`)).toContain(
      `${joined} us-east-1: not planned`,
    );
    expect(execution.log.join("\n")).toContain(
      `The role arn:aws:iam::${joined}:role/EksKubeletAuditorMember could not be assumed.`,
    );
  });
});

describe("the role of a member", () => {
  const assume = (key: string, region: string, change: object = {}) =>
    refusal(
      clients(aws, { accessKeyId: key, region }).sts.send(
        new AssumeRoleCommand({
          RoleArn: `arn:aws:iam::${shop}:role/EksKubeletAuditorMember`,
          RoleSessionName: "test",
          ...(hub.outputs.ExternalId && { ExternalId: hub.outputs.ExternalId }),
          ...change,
        }),
      ),
    );
  const key = () => hub.functionKey;

  test("can be assumed by the hub's functions", async () => {
    expect(await assume(key(), "us-east-1")).toBe("no refusal");
  });

  test.each([
    ["without its external id", { ExternalId: undefined }],
    ["with another external id", { ExternalId: "some-other-hub" }],
    ["in an account outside the organization", { RoleArn: "arn:aws:iam::123412341234:role/EksKubeletAuditorMember" }],
    ["under another name", { RoleArn: `arn:aws:iam::${shop}:role/Admin` }],
  ])("cannot be assumed %s", async (_, change) => {
    expect(await assume(key(), "us-east-1", change)).toMatch(/^AccessDenied 403: User: .*sts:AssumeRole/);
  });

  test("cannot be assumed by the administrator of the hub's account", async () => {
    expect(await assume(aws.environment().AWS_ACCESS_KEY_ID ?? "", "us-east-1")).toContain("AccessDenied 403");
  });

  test("has no permission in a Region that the settings of organization mode do not list", async () => {
    const { sts } = clients(aws, { accessKeyId: key() });
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${shop}:role/EksKubeletAuditorMember`,
        RoleSessionName: "test",
        ExternalId: hub.outputs.ExternalId,
      }),
    );
    const list = (region: string) =>
      refusal(
        clients(aws, { accessKeyId: Credentials?.AccessKeyId ?? "", region }).eks.send(new ListClustersCommand({})),
      );
    expect(await list("eu-central-1")).toBe("no refusal");
    expect(await list("eu-west-1")).toContain("not authorized to perform: eks:ListClusters");
  });
});

describe("after the causes are fixed", () => {
  let execution: Execution;
  beforeAll(async () => {
    const template = join(await cdkOutOf("organization"), "member", "EksKubeletAuditorMember.template.json");
    const { StateMachine: _, AuditLogGroupName: __, PlanLogGroupName: ___, ...parameters } = hub.outputs;
    for (const region of organizationSettings.fleet.regions)
      aws.deployMember(template, aws.at(joined, region), parameters);
    aws.at(shop, "eu-central-1").securityHubSince = aws.at(prod, "us-east-1").securityHubSince;
    const dark = aws.at(prod, "us-east-1").nodes.find(({ tags }) => tags["eks:cluster-name"] === "dark");
    Object.assign(dark ?? expect.fail(), { agent: aws.at(shop, "eu-central-1").nodes[0]?.agent });
    leaveFinding();
    execution = await run();
  });

  /** A finding of a cluster that is gone and has no ledger, as an auditor that was uninstalled leaves it. */
  function leaveFinding(): void {
    const { findings } = aws.at(prod, "us-east-1");
    const [[key, stored] = expect.fail()] = findings;
    const { finding, ...rest } = structuredClone(stored);
    const Id = finding.Id.replace(/[^/]+\/[^/]+$/, "forgotten/i-0f00000000000000f");
    findings.set(key.replace(finding.Id, Id), {
      ...rest,
      finding: { ...finding, Id, ProductFields: { ...finding.ProductFields, cluster: "forgotten" } },
    });
  }

  test("the next execution archives the findings of a deleted cluster that has no ledger", () => {
    const left = aws.findings(aws.at(prod, "us-east-1")).filter(({ Id }) => Id.includes("/forgotten/"));
    expect(left.map(({ RecordState }) => RecordState)).toEqual(["ARCHIVED"]);
  });

  test("the next execution succeeds and logs its counts", () => {
    expect(execution).toMatchObject({
      output: { targets: 6, parts: 5, audited: 17, failures: [] },
      retries: {},
    });
  });

  test("each finding is in the account-Region of its node", () => {
    expect(standing(shop, "eu-central-1")).toEqual({ PASSED: usualRules.length });
    const [finding] = aws.findings(aws.at(shop, "eu-central-1"));
    expect(finding).toMatchObject({
      AwsAccountId: shop,
      ProductArn: `arn:aws:securityhub:eu-central-1:${shop}:product/${shop}/default`,
    });
    expect(aws.findings()).toEqual([]);
  });

  test("the ledgers are in the hub's bucket, by account-Region", () => {
    const [bucket] = aws.home.buckets.values();
    expect([...(bucket?.objects.keys() ?? [])].sort()).toEqual([
      `ledgers/${prod}/us-east-1/batch-legacy.json.gz`,
      `ledgers/${prod}/us-east-1/dark.json.gz`,
      `ledgers/${prod}/us-east-1/forgotten.json.gz`,
      `ledgers/${prod}/us-east-1/prod-apps.json.gz`,
      `ledgers/${shop}/eu-central-1/shop.json.gz`,
    ]);
  });
});

describe("the permissions of the roles", () => {
  const member = () => aws.memberRole(`arn:aws:iam::${prod}:role/EksKubeletAuditorMember`) ?? expect.fail();

  test("are all used, and this test names each unused one", async () => {
    aws.faults.push({ operation: "states:StartExecution", times: 3, error: "throttled" });
    expect(await hub.fireSchedule()).toBeUndefined();
    const forwarder = aws.memberRole(`arn:aws:iam::${prod}:role/EksKubeletAuditorMemberEvents`) ?? expect.fail();
    const place = aws.at(prod, "us-east-1");
    const [{ agent: _, ...model } = expect.fail()] = place.nodes.filter(({ instance }) => instance);
    const launchedAt = new Date(aws.clock.now()).toISOString();
    const instance = { ...(model.instance ?? expect.fail()), launchedAt };
    aws.launch({ ...model, id: "i-0fedcba9876543210", instance }, place);
    aws.clock.advance(300_000);
    expect(await hub.pollQueue()).toMatchObject([{ result: { batchItemFailures: [{}] } }]);
    place.nodes = place.nodes.filter(({ id }) => id !== "i-0fedcba9876543210");
    const spare = [...Object.values(hub.roles), member(), forwarder]
      .flatMap(({ permissions }) => permissions)
      .filter(({ effect, neededBy }) => effect === "Allow" && neededBy.size === 0)
      .map(({ sid, action, resource }) => `${sid}: ${action} on ${resource}`);
    expect(spare).toEqual([]);
  });

  test("allow all requests except commands to the node of a cluster that selfManagedClusters does not list", () => {
    expect([...member().refused]).toEqual([
      `ssm:SendCommand arn:aws:ec2:us-east-1:${prod}:instance/i-0d6e7f8091a2b3c4d`,
    ]);
  });
});

test("an execution that cannot list the accounts logs a summary with the error", async () => {
  aws.faults.push({
    operation: "organizations:ListAccountsForParent",
    times: 100,
    error: { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" },
  });
  const { error, log } = await run();
  aws.faults.length = 0;
  expect(error?.error).toBe("MissingPermissionError");
  const lines = log.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  const [summary] = lines.flatMap(({ message, summary }) => (message === "fleet" ? [summary] : []));
  expect(summary).toEqual({
    targets: 0,
    parts: 0,
    audited: 0,
    failures: [expect.stringContaining("organizations:ListAccountsForParent")],
  });
});
