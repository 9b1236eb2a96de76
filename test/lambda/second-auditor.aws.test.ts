import { CreateDocumentCommand } from "@aws-sdk/client-ssm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { documentTag } from "../../lambda/collect/document-tag.ts";
import { collectContent } from "../../lib/collect-content.ts";
import type { AccountRegion } from "../../local-aws/holdings.ts";
import type { Hub } from "../../local-aws/hub.ts";
import { hubRegion, memberRegions, sampleOrganization } from "../../local-aws/sample-organization.ts";
import { sampleRegion } from "../../local-aws/sample-region.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { clients } from "../local-aws/clients.ts";
import { printing } from "./stock-evidence.ts";

const other = "OtherStack-AuditorCollectDocument-1A2B3C4D";
const tag = { Key: documentTag.key, Value: documentTag.value };

/** Creates a document as another stack would. */
async function createDocument(aws: LocalAws, Name: string, Tags = [tag]): Promise<void> {
  const Content = JSON.stringify(collectContent());
  await clients(aws).ssm.send(new CreateDocumentCommand({ Name, Content, DocumentType: "Command", Tags }));
}

describe("in a stack's account-Region, a scheduled run", () => {
  let aws: LocalAws;
  let own: string;

  beforeAll(async () => {
    aws = await startLocalAws({ home: await printing(sampleRegion()), rates: unthrottled });
    aws.deploy(await cdkOutOf("sample"));
    own = [...aws.home.documents.keys()][0] ?? expect.fail();
  });
  afterEach(() => {
    for (const name of aws.home.documents.keys()) if (name !== own) aws.home.documents.delete(name);
  });
  afterAll(() => aws.close());

  test("succeeds if the auditor is the only one", async () => {
    expect((await aws.invoke({})).error).toBeUndefined();
  });

  test("publishes, fails and names both documents if a second auditor is deployed", async () => {
    await createDocument(aws, other);
    aws.home.findings.clear();
    for (const { objects } of aws.home.buckets.values()) objects.clear();
    const { error } = await aws.invoke({});
    expect(error?.errorType).toBe("RunFailedError");
    expect(error?.errorMessage).toContain("SecondAuditorError: More than one auditor is deployed");
    expect(error?.errorMessage).toContain(`SSM document ${own}. Documents of others: ${other}. Keep one auditor`);
    expect(aws.findings().length).toBeGreaterThan(0);
  });

  test("finds the second auditor on a later page of documents", async () => {
    await createDocument(aws, other);
    aws.faults.push({ operation: "ssm:ListDocuments", page: "empty" });
    expect((await aws.invoke({})).error?.errorMessage).toContain(other);
  });

  test.each<[string, () => Promise<void>]>([
    ["a document with a similar name and no tag", () => createDocument(aws, `${own}2`, [])],
    ["a document with another value of the tag", () => createDocument(aws, other, [{ ...tag, Value: "collector" }])],
    [
      "a document with the tag that another account shares",
      async () => {
        await createDocument(aws, other);
        Object.assign(aws.home.documents.get(other) ?? expect.fail(), { sharedBy: "999988887777" });
      },
    ],
  ])("succeeds beside %s", async (_, create) => {
    await create();
    expect((await aws.invoke({})).error).toBeUndefined();
  });

  test.each([
    ["lists the documents once, if its shard covers the clusters", 0, 1],
    ["does not list the documents, if another shard covers the clusters", 1, undefined],
  ])("%s", async (_, index, calls) => {
    aws.resetCalls();
    await aws.invoke({ shard: { index, count: 2 } });
    expect(aws.calls()["ssm:ListDocuments"]).toBe(calls);
  });
});

describe("in organization mode, an execution", () => {
  let aws: LocalAws;
  let hub: Hub;
  let member: AccountRegion;

  beforeAll(async () => {
    const others = await Promise.all(memberRegions().map(printing));
    const organization = sampleOrganization();
    aws = await startLocalAws({ home: hubRegion(), others, organization, rates: unthrottled });
    hub = aws.deployHub(await cdkOutOf("organization"));
    member = aws.at("444455556666", "eu-central-1");
  });
  afterAll(() => aws.close());

  test("succeeds if each member has only the hub's document", async () => {
    expect((await hub.fireSchedule())?.error).toBeUndefined();
  });

  test("succeeds and reports how to update a member whose role may not list documents", async () => {
    const message = "User: u is not authorized to perform: ssm:ListDocuments on resource: *";
    const error = { code: "AccessDeniedException", status: 400, message };
    aws.faults.push({ operation: "ssm:ListDocuments", region: member.region, times: 100, error });
    const execution = await hub.fireSchedule();
    aws.faults.length = 0;
    expect(execution?.error).toBeUndefined();
    expect(execution?.log.join("\n")).toContain("Deploy the member's template of this release there.");
  });

  test("fails and names both documents if a stand-alone stack is deployed in a member", async () => {
    const [document = expect.fail()] = member.documents.values();
    member.documents.set(other, { ...document, name: other });
    const execution = await hub.fireSchedule();
    expect(execution?.error?.cause).toContain("1 failures in 4 account-Regions");
    const log = execution?.log.join("\n");
    expect(log).toContain(`deployed in account ${member.account} in ${member.region}`);
    expect(log).toContain(`SSM document EksKubeletAuditor. Documents of others: ${other}`);
  });
});
