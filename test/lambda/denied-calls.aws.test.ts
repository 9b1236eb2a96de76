import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { readConfig } from "../../lambda/config.ts";
import { untilHang } from "../kit/hang.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { cluster, environment, ledgerBucket, node, place, type Site, startSite } from "./collect/site.ts";
import { stockEvidence } from "./stock-evidence.ts";

simulateTime();
let site: Site;

// With these nodes a run makes every call that the auditor uses.
beforeAll(async () => {
  const prints = await stockEvidence("al2023");
  const long = prints + " ".repeat(3_000);
  site = await startSite({
    clusters: [cluster("prod", { nodegroups: [{ name: "empty", amiType: "CUSTOM", desiredSize: 2 }] })],
    nodes: [node(1, { behaviour: { prints } }), node(2, { behaviour: { prints: long } })],
  });
});
afterAll(() => site.aws.close());

beforeEach(() => {
  site.aws.faults.length = 0;
  site.aws.home.findings.clear();
  site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
});

/** The messages of all failures of one run. */
async function failuresOfRun(): Promise<string[]> {
  const until = untilHang();
  const run = { id: "run", place, now: Date.now, until, publishUntil: until };
  const { trouble } = await audit(site.clients, readConfig({ ...environment, HYBRID: "true" }), run);
  return trouble.map(({ message }) => message);
}

test("a run without a denial has no failures", async () => {
  expect(await failuresOfRun()).toEqual([]);
});

test.each([
  "eks:ListClusters",
  "eks:DescribeCluster",
  "eks:ListNodegroups",
  "eks:DescribeNodegroup",
  "eks:ListFargateProfiles",
  "ec2:DescribeInstances",
  "ssm:DescribeInstanceInformation",
  "ssm:ListDocuments",
  "ssm:DescribeDocument",
  "ssm:GetDocument",
  "ssm:SendCommand",
  "ssm:ListCommands",
  "ssm:ListCommandInvocations",
  "ssm:GetCommandInvocation",
  "securityhub:BatchImportFindings",
  "securityhub:GetFindings",
  "s3:ListBucket",
  "s3:GetObject",
  "s3:PutObject",
])("a run that is denied %s reports the action, the resource and the fix", async (action) => {
  const resource = `arn:aws:any:us-east-1:111122223333:thing/${action}`;
  const message = `User: u is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows it`;
  const code = action.startsWith("ec2:") ? "UnauthorizedOperation" : "AccessDeniedException";
  const operation = action.replace("ListBucket", "ListObjectsV2");
  site.aws.faults.push({ operation, times: 100, error: { code, status: 403, message } });
  expect((await failuresOfRun()).join("\n")).toContain(`may not call ${action} on ${resource}. Allow it`);
});
