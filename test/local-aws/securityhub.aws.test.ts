import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  BatchUpdateFindingsCommand,
  DescribeHubCommand,
  GetFindingsCommand,
  type GetFindingsCommandInput,
} from "@aws-sdk/client-securityhub";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Clock, startClock } from "../../local-aws/clock.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { clients, refusal } from "./clients.ts";

const day = 24 * 3600 * 1000;
const start = Date.parse("2026-11-24T08:00:00Z");
/** A clock that only tests advance, so that the token buckets do not refill during a burst. */
let now = start;
const clock: Clock = {
  now: () => now,
  advance(milliseconds) {
    now += milliseconds;
  },
};
const home = { account: "111122223333", region: "us-east-1", securityHub: true, clusters: [], nodes: [] };
const aws = await startLocalAws({ home, clock, pace: { consistency: 0 } });
afterAll(() => aws.close());
const { hub } = clients(aws);
beforeEach(() => {
  aws.home.findings.clear();
  clock.advance(60_000); // refills the token buckets
});

const ProductArn = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
const time = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const finding = (change: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding => ({
  SchemaVersion: "2018-10-08",
  Id: "client-ca-file/i-0a",
  ProductArn,
  GeneratorId: "eks-kubelet-auditor/client-ca-file",
  AwsAccountId: "111122223333",
  CreatedAt: time(0),
  UpdatedAt: time(0),
  Title: "A client CA file is configured",
  Description: "clientCAFile is not set",
  FindingProviderFields: { Severity: { Label: "HIGH" }, Types: ["Software and Configuration Checks"] },
  Resources: [{ Type: "AwsEc2Instance", Id: "arn:aws:ec2:us-east-1:111122223333:instance/i-0a" }],
  Compliance: { Status: "FAILED" },
  ...change,
});
const importing = (...Findings: AwsSecurityFinding[]) => hub.send(new BatchImportFindingsCommand({ Findings }));
const stored = async (input: GetFindingsCommandInput = {}) =>
  (await hub.send(new GetFindingsCommand(input))).Findings ?? [];

test("Security Hub adds its own fields to a new finding", async () => {
  expect(await importing(finding())).toMatchObject({ SuccessCount: 1, FailedCount: 0, FailedFindings: [] });
  expect(await stored()).toMatchObject([
    {
      Severity: { Label: "HIGH", Normalized: 70 },
      Types: ["Software and Configuration Checks"],
      RecordState: "ACTIVE",
      Workflow: { Status: "NEW" },
      Region: "us-east-1",
      ProductName: "Default",
      CompanyName: "Personal",
    },
  ]);
});

test("severity and types at the top level replace missing FindingProviderFields", async () => {
  await importing({ ...finding(), FindingProviderFields: undefined, Severity: { Label: "LOW" }, Types: ["Effects"] });
  expect(await stored()).toMatchObject([{ FindingProviderFields: { Severity: { Label: "LOW" }, Types: ["Effects"] } }]);
});

test.each([
  ["is later", 1, "PASSED"],
  ["is the same", 0, "FAILED"],
  ["is earlier", -1, "FAILED"],
])("an update whose UpdatedAt %s is reported as a success", async (_, minutes, Status) => {
  await importing(finding());
  const update = finding({ UpdatedAt: time(minutes), Compliance: { Status: "PASSED" } });
  expect(await importing(update)).toMatchObject({ SuccessCount: 1, FailedCount: 0 });
  expect(await stored()).toMatchObject([{ Compliance: { Status } }]);
});

const identifier = { Id: finding().Id ?? "", ProductArn };
test("an import keeps the customer's fields, and a customer's update keeps UpdatedAt", async () => {
  await importing(finding());
  await hub.send(
    new BatchUpdateFindingsCommand({
      FindingIdentifiers: [identifier],
      Note: { Text: "known", UpdatedBy: "ops" },
      Workflow: { Status: "SUPPRESSED" },
      UserDefinedFields: { ticket: "A-1" },
      Severity: { Label: "LOW" },
    }),
  );
  expect(await stored()).toMatchObject([{ UpdatedAt: time(0), Severity: { Label: "LOW" } }]);
  const Note = { Text: "mine", UpdatedBy: "us", UpdatedAt: time(1) };
  await importing(finding({ UpdatedAt: time(1), Note, Workflow: { Status: "NEW" }, UserDefinedFields: { a: "b" } }));
  expect(await stored()).toMatchObject([
    {
      Note: { Text: "known" },
      Workflow: { Status: "SUPPRESSED" },
      UserDefinedFields: { ticket: "A-1" },
      Severity: { Label: "LOW" },
      FindingProviderFields: { Severity: { Label: "HIGH" } },
    },
  ]);
});

test("BatchUpdateFindings returns an unknown finding as unprocessed", async () => {
  const FindingIdentifiers = [{ Id: "other", ProductArn }];
  const reply = await hub.send(new BatchUpdateFindingsCommand({ FindingIdentifiers, Confidence: 5 }));
  expect(reply).toMatchObject({ ProcessedFindings: [], UnprocessedFindings: [{ ErrorCode: "FindingNotFound" }] });
});

test.each([
  ["RESOLVED becomes NEW when the finding fails again", "RESOLVED", { Compliance: { Status: "PASSED" } }, {}, "NEW"],
  [
    "NOTIFIED becomes NEW when an archived finding becomes active",
    "NOTIFIED",
    { RecordState: "ARCHIVED" },
    { RecordState: "ACTIVE" },
    "NEW",
  ],
  [
    "RESOLVED becomes NEW when the compliance status becomes WARNING",
    "RESOLVED",
    { Compliance: { Status: "PASSED" } },
    { Compliance: { Status: "WARNING" } },
    "NEW",
  ],
  [
    "RESOLVED becomes NEW when the compliance status becomes NOT_AVAILABLE",
    "RESOLVED",
    { Compliance: { Status: "PASSED" } },
    { Compliance: { Status: "NOT_AVAILABLE" } },
    "NEW",
  ],
  ["RESOLVED stays while the finding keeps failing", "RESOLVED", {}, {}, "RESOLVED"],
  [
    "SUPPRESSED stays when the finding fails again",
    "SUPPRESSED",
    { Compliance: { Status: "PASSED" } },
    {},
    "SUPPRESSED",
  ],
] as const)("the workflow status %s", async (_, Status, before, after, expected) => {
  await importing(finding(before));
  await hub.send(new BatchUpdateFindingsCommand({ FindingIdentifiers: [identifier], Workflow: { Status } }));
  await importing(finding({ UpdatedAt: time(1), ...after }));
  expect(await stored()).toMatchObject([{ Workflow: { Status: expected } }]);
});

/** Casts a value that the SDK's types do not contain. */
const foreign = <Word>(word: string): Word => JSON.parse(JSON.stringify(word));
const text = (length: number) => "x".repeat(length);
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, key) => [`key${key}`, "value"]));
const [resource = { Type: "", Id: "" }] = finding().Resources ?? [];
test.each<[string, Partial<AwsSecurityFinding>, string]>([
  ["Title of 257 characters", { Title: text(257) }, "data.Title should NOT be longer than 256 characters"],
  ["blank Title", { Title: " " }, "data.Title should have a character that is not blank"],
  ["Description of 1025", { Description: text(1025) }, "data.Description should NOT be longer than 1024"],
  ["Id of 513", { Id: text(513) }, "data.Id should NOT be longer than 512"],
  ["GeneratorId of 513", { GeneratorId: text(513) }, "data.GeneratorId"],
  ["another SchemaVersion", { SchemaVersion: "2019-01-01" }, "data.SchemaVersion"],
  ["a malformed time", { UpdatedAt: "yesterday" }, "data.UpdatedAt should match format date-time"],
  ["no Description", { Description: undefined }, "data.Description is a required property"],
  ["no resource", { Resources: [] }, "data.Resources should NOT have fewer than 1 items"],
  ["33 resources", { Resources: Array(33).fill(resource) }, "data.Resources should NOT have more than 32 items"],
  [
    "an unknown partition",
    { Resources: [{ ...resource, Partition: foreign("aws-eusc") }] },
    "data.Resources.0.Partition",
  ],
  ["51 tags", { Resources: [{ ...resource, Tags: pairs(51) }] }, "data.Resources.0.Tags should NOT have more than 50"],
  ["no severity", { FindingProviderFields: { Types: ["Effects"] } }, "FindingProviderFields.Severity"],
  ["no types", { FindingProviderFields: { Severity: { Label: "LOW" } } }, "FindingProviderFields.Types"],
  ["an unknown severity", { Severity: { Label: foreign("BAD") } }, "data.Severity.Label should be equal to one of"],
  ["51 product fields", { ProductFields: pairs(51) }, "data.ProductFields should NOT have more than 50 properties"],
  ["a product field of 2049", { ProductFields: { a: text(2049) } }, "data.ProductFields.a"],
  ["an empty product field", { ProductFields: { a: "" } }, "data.ProductFields.a"],
  ["a remediation of 513", { Remediation: { Recommendation: { Text: text(513) } } }, "data.Remediation.Recommendation"],
  ["a malformed link", { Remediation: { Recommendation: { Url: "docs" } } }, "data.Remediation.Recommendation.Url"],
  ["33 requirements", { Compliance: { RelatedRequirements: Array(33).fill("CIS") } }, "data.Compliance.Related"],
  [
    "a reason without code",
    { Compliance: { StatusReasons: [{ ReasonCode: undefined }] } },
    "StatusReasons.0.ReasonCode",
  ],
  ["an unknown status", { Compliance: { Status: foreign("GOOD") } }, "data.Compliance.Status"],
  [
    "more than 240 KB",
    { ProductFields: undefined, Sample: true, Note: { Text: text(240_000), UpdatedBy: "us", UpdatedAt: time(0) } },
    "exceeds 240 KB",
  ],
])("a finding with %s is a FailedFindings entry of a reply with status 200", async (_, change, message) => {
  const reply = await importing(finding(change), finding({ Id: "another" }));
  expect(reply).toMatchObject({ FailedCount: 1, SuccessCount: 1, FailedFindings: [{ ErrorCode: "InvalidInput" }] });
  expect(reply.FailedFindings?.[0]?.ErrorMessage).toContain(message);
  expect((await stored()).map(({ Id }) => Id)).toEqual(["another"]);
});

test.each([
  ["another account's product", { ProductArn: ProductArn.replaceAll("1111", "9999") }],
  ["another Region's product", { ProductArn: ProductArn.replace("us-east-1", "eu-west-1") }],
  ["another account", { AwsAccountId: "999999999999" }],
])("BatchImportFindings rejects a finding of %s", async (_, change) => {
  const { FailedFindings } = await importing(finding(change));
  expect(FailedFindings).toMatchObject([{ ErrorCode: "InvalidAccess" }]);
});

const many = (count: number, description = 10) =>
  Array.from({ length: count }, (_, index) =>
    finding({ Id: `finding-${index}`, ProductFields: { a: text(description) } }),
  );

test.each([
  ["no findings", [], "InvalidInputException 400"],
  ["101 findings", many(101), "InvalidInputException 400"],
  [
    "more than 6 MB",
    many(100).map((each) => ({ ...each, Note: { Text: text(61_000), UpdatedBy: "a", UpdatedAt: time(0) } })),
    "6 MB",
  ],
])("BatchImportFindings rejects a call with %s", async (_, findings, error) => {
  expect(await refusal(importing(...findings))).toContain(error);
  expect(await stored()).toEqual([]);
});

test("Security Hub accepts a burst of 30 imports, throttles further ones, and accepts 10 more a second later", async () => {
  const burst = async (count: number) => {
    const outcomes = await Promise.all(Array.from({ length: count }, () => refusal(importing(finding()))));
    return outcomes.filter((outcome) => outcome.startsWith("LimitExceededException 429")).length;
  };
  expect(await burst(40)).toBe(10);
  clock.advance(1000);
  expect(await burst(10)).toBe(0);
});

test("Security Hub accepts a burst of six GetFindings calls and throttles further ones", async () => {
  clock.advance(10_000);
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => refusal(stored())));
  const tooFast = outcomes.filter((outcome) => outcome.startsWith("LimitExceededException 429")).length;
  expect(tooFast).toBe(14);
});

test("BatchUpdateFindings rejects more than 100 findings", async () => {
  const FindingIdentifiers = Array.from({ length: 101 }, (_, index) => ({ Id: String(index), ProductArn }));
  expect(await refusal(hub.send(new BatchUpdateFindingsCommand({ FindingIdentifiers })))).toContain("400");
});

test("without Security Hub, an import returns 200 and rejects each finding, and other calls return 401", async () => {
  const since = aws.home.securityHubSince;
  aws.home.securityHubSince = undefined;
  const calls = [stored(), hub.send(new DescribeHubCommand())];
  const outcomes = await Promise.all(calls.map(refusal));
  const { FailedFindings } = await importing(finding());
  aws.home.securityHubSince = since;
  for (const outcome of outcomes)
    expect(outcome).toMatch(/^InvalidAccessException 401: .*not subscribed to AWS Security Hub/);
  expect(FailedFindings).toMatchObject([{ ErrorCode: "InvalidAccess" }]);
});

test.each<[string, GetFindingsCommandInput, string[]]>([
  ["by rule", { Filters: { GeneratorId: [{ Value: "eks-kubelet-auditor/", Comparison: "PREFIX" }] } }, ["a", "b", "c"]],
  ["by status", { Filters: { ComplianceStatus: [{ Value: "FAILED", Comparison: "EQUALS" }] } }, ["a", "c"]],
  [
    "by two values",
    {
      Filters: {
        Id: [
          { Value: "a", Comparison: "EQUALS" },
          { Value: "b", Comparison: "EQUALS" },
        ],
      },
    },
    ["a", "b"],
  ],
  [
    "by negative conditions",
    {
      Filters: {
        Id: [
          { Value: "a", Comparison: "NOT_EQUALS" },
          { Value: "b", Comparison: "NOT_EQUALS" },
        ],
      },
    },
    ["c"],
  ],
  ["by product field", { Filters: { ProductFields: [{ Key: "os", Value: "al2", Comparison: "EQUALS" }] } }, ["b"]],
  ["by time", { Filters: { UpdatedAt: [{ Start: time(1), End: time(2) }] } }, ["b", "c"]],
  [
    "by two attributes",
    { Filters: { ComplianceStatus: [{ Value: "FAILED", Comparison: "EQUALS" }], UpdatedAt: [{ End: time(1) }] } },
    ["a"],
  ],
  ["in the requested order", { SortCriteria: [{ Field: "UpdatedAt", SortOrder: "desc" }] }, ["c", "b", "a"]],
])("GetFindings returns findings %s", async (_, input, ids) => {
  await importing(
    finding({ Id: "a" }),
    finding({ Id: "b", UpdatedAt: time(1), Compliance: { Status: "PASSED" }, ProductFields: { os: "al2" } }),
    finding({ Id: "c", UpdatedAt: time(2) }),
  );
  expect((await stored(input)).map(({ Id }) => Id)).toEqual(ids);
});

test("GetFindings returns an import after a delay, and the previous version until then", async () => {
  const [consistency, slowly] = [3_600_000, startClock(start)];
  const slow = await startLocalAws({ home, clock: slowly, pace: { consistency } });
  const { hub: late } = clients(slow);
  const statuses = async () =>
    (await late.send(new GetFindingsCommand({}))).Findings?.map(({ Compliance }) => Compliance?.Status);
  await late.send(new BatchImportFindingsCommand({ Findings: [finding()] }));
  expect(await statuses()).toEqual([]);
  slowly.advance(consistency);
  const update = finding({ UpdatedAt: time(1), Compliance: { Status: "PASSED" } });
  await late.send(new BatchImportFindingsCommand({ Findings: [update] }));
  expect(await statuses()).toEqual(["FAILED"]);
  slowly.advance(consistency);
  expect(await statuses()).toEqual(["PASSED"]);
  await slow.close();
});

test("the pages of GetFindings contain every finding", async () => {
  await importing(...many(100));
  const first = await hub.send(new GetFindingsCommand({ MaxResults: 60 }));
  const { NextToken = "" } = first;
  const second = await hub.send(new GetFindingsCommand({ MaxResults: 60, NextToken }));
  expect([first.Findings?.length, second.Findings?.length, second.NextToken]).toEqual([60, 40, undefined]);
});

test.each([
  ["a page of 101", { MaxResults: 101 }],
  ["an invalid token", { NextToken: "x" }],
  [
    "21 values of one attribute",
    { Filters: { Id: Array.from({ length: 21 }, () => ({ Value: "x", Comparison: "EQUALS" as const })) } },
  ],
  ["an unknown attribute", { Filters: { MalwareName: [{ Value: "x", Comparison: "EQUALS" as const }] } }],
])("GetFindings rejects %s", async (_, input) => {
  await importing(finding());
  expect(await refusal(stored(input))).toContain("InvalidInputException 400");
});

test("Security Hub deletes an active finding 90 days after its last update, an archived one after 30", async () => {
  await importing(finding({ Id: "active" }), finding({ Id: "archived", RecordState: "ARCHIVED" }));
  clock.advance(31 * day);
  expect(aws.findings().map(({ Id }) => Id)).toEqual(["active"]);
  clock.advance(60 * day);
  expect(aws.findings()).toEqual([]);
});
