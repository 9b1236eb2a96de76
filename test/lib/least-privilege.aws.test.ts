import { PutObjectCommand } from "@aws-sdk/client-s3";
import { BatchImportFindingsCommand } from "@aws-sdk/client-securityhub";
import { SendCommandCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { makeEveryCall } from "../kit/every-call.ts";
import { printing } from "../lambda/stock-evidence.ts";
import { clients, refusal } from "../local-aws/clients.ts";

/** Fields of a finding that IAM does not check. */
const finding = {
  SchemaVersion: "2018-10-08",
  Id: "somebody/else",
  GeneratorId: "somebody",
  CreatedAt: "2026-11-24T00:00:00Z",
  UpdatedAt: "2026-11-24T00:00:00Z",
  Title: "t",
  Description: "d",
  Resources: [{ Type: "Other", Id: "r" }],
};

let aws: LocalAws;

beforeAll(async () => {
  aws = await startLocalAws({ home: await printing(sampleRegion()), rates: unthrottled });
  aws.deploy(await cdkOutOf("sample"));
});
afterAll(() => aws.close());

describe("the end-to-end runs", () => {
  beforeAll(() => makeEveryCall(aws));

  test("use every permission of the template", () => {
    const spare = aws
      .roles()
      .flatMap(({ permissions }) => permissions)
      .filter(({ neededBy }) => neededBy.size === 0)
      .map(({ sid, action, resource }) => `${sid}: ${action} on ${resource}`);
    expect(spare).toEqual([]);
  });

  test("use the resource `*` only for actions without resource-level permissions, and for GetFindings", () => {
    const wide = aws
      .roles()
      .flatMap(({ permissions }) => permissions)
      .filter(({ resource, neededBy }) => resource === "*" && [...neededBy].some((ask) => !ask.endsWith(" *")))
      .map(({ action }) => action);
    expect(wide).toEqual(["securityhub:GetFindings"]);
  });

  test("are denied only one request: SendCommand to the node of a cluster that selfManagedClusters omits", () => {
    const refused = aws.roles().flatMap((role) => [...role.refused]);
    expect(refused).toEqual(["ssm:SendCommand arn:aws:ec2:us-east-1:111122223333:instance/i-0d6e7f8091a2b3c4d"]);
  });

  test("leave an undelivered event in the dead-letter queue", () => {
    const [, queue] = [...aws.home.queues].find(([arn]) => arn.includes("Undelivered")) ?? [];
    const left = queue?.messages.map(({ body }) => body);
    expect(left).toEqual([expect.stringContaining("scheduledTime")]);
  });
});

describe("requests of the function:", () => {
  const node = "i-0b23c45d67e89f012";
  const [document, key] = [() => [...aws.home.documents.keys()][0] ?? "", () => aws.functionKey()];
  const send = (DocumentName: string, ...InstanceIds: string[]) =>
    refusal(clients(aws, { accessKeyId: key() }).ssm.send(new SendCommandCommand({ DocumentName, InstanceIds })));

  test("SendCommand accepts the document for a node", async () => {
    expect(await send(document(), node)).toBe("no refusal");
  });

  test.each([
    ["an instance without a tag of EKS", () => ({ tags: { Name: "database" } }), undefined],
    ["an instance with a tag that does not identify a node", () => ({ tags: { cluster: "prod-apps" } }), undefined],
    ["a self-managed node of another cluster", () => ({ tags: { "kubernetes.io/cluster/other": "owned" } }), undefined],
    ["Amazon's document AWS-RunShellScript", () => ({}), "AWS-RunShellScript"],
    ["another document", () => ({}), "EveryonesDocument"],
  ])("SendCommand is denied for %s, even together with an allowed node", async (_, change, name) => {
    const before = aws.node("i-0c34d56e78f90a123").tags;
    Object.assign(aws.node("i-0c34d56e78f90a123"), change());
    const error = await send(name ?? document(), node, "i-0c34d56e78f90a123");
    Object.assign(aws.node("i-0c34d56e78f90a123"), { tags: before });
    expect(error).toContain("AccessDeniedException 400: User: arn:aws:sts::111122223333:assumed-role/");
    expect(error).toContain(
      `not authorized to perform: ssm:SendCommand on resource: ${name ? "arn:aws:ssm" : "arn:aws:ec2"}`,
    );
  });

  test.each([
    [
      "another account's product",
      "arn:aws:securityhub:us-east-1:999988887777:product/999988887777/default",
      "111122223333",
    ],
    [
      "another account's findings",
      "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default",
      "999988887777",
    ],
    ["a product of Amazon", "arn:aws:securityhub:us-east-1::product/aws/guardduty", "111122223333"],
  ])("importing findings for %s is denied", async (_, ProductArn, AwsAccountId) => {
    const Findings = [{ ...finding, ProductArn, AwsAccountId }];
    const { hub } = clients(aws, { accessKeyId: key() });
    const error = await refusal(hub.send(new BatchImportFindingsCommand({ Findings })));
    expect(error).toContain(`AccessDeniedException 403`);
    expect(error).toContain(`securityhub:BatchImportFindings on resource: ${ProductArn}`);
  });
});

describe("a ledger in the bucket", () => {
  const write = (accessKeyId?: string) => {
    const [Bucket] = [...aws.home.buckets.keys()];
    const { s3 } = clients(aws, accessKeyId === undefined ? {} : { accessKeyId });
    return refusal(s3.send(new PutObjectCommand({ Bucket, Key: "ledgers/forged.json.gz", Body: "forged" })));
  };

  test("can be written with the function's key", async () => {
    expect(await write(aws.functionKey())).toBe("no refusal");
  });

  test("cannot be written with the administrator's key, because the bucket policy denies it", async () => {
    expect(await write()).toContain("AccessDenied 403");
    expect(await write()).toContain("explicit deny in a resource-based policy");
  });
});
