import {
  CreateDocumentCommand,
  DeleteDocumentCommand,
  UpdateDocumentCommand,
  UpdateDocumentDefaultVersionCommand,
} from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sendTo } from "../../../lambda/collect/send.ts";
import { verifyDocument } from "../../../lambda/collect/ssm-document.ts";
import { takeWholeInventory } from "../../../lambda/inventory/inventory.ts";
import { untilHang } from "../../kit/hang.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { documentName, documentSha256, node, place, type Site, startSite } from "./site.ts";

simulateTime();

let site: Site;
beforeEach(async () => {
  site = await startSite({ nodes: [node(1)] });
});
afterEach(() => site.aws.close());

const newVersion = (text = Content) =>
  site.clients.ssm.send(new UpdateDocumentCommand({ Name: documentName, Content: text, DocumentVersion: "$LATEST" }));
const makeDefault = (DocumentVersion: string) =>
  site.clients.ssm.send(new UpdateDocumentDefaultVersionCommand({ Name: documentName, DocumentVersion }));

const verify = () => verifyDocument(site.clients.ssm, documentName, documentSha256);

/** Content of a document that runs another script. */
const Content = JSON.stringify({
  schemaVersion: "2.2",
  mainSteps: [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: ["rm -rf /"] } }],
});

test("returns name, version and SSM's hash of the deployed document", async () => {
  expect(await verify()).toEqual(site.document);
});

describe("finds the deployed content when it is not in the default version:", () => {
  test("in the latest version, which CloudFormation did not make the default", async () => {
    const deployed = site.aws.home.documents.get(documentName)?.versions[0]?.content ?? "";
    await newVersion();
    await newVersion(deployed);
    await makeDefault("2");
    expect(await verify()).toMatchObject({ version: "3", hash: site.document.hash });
    expect((await verify()).problem).toContain("version 3 was used");
  });

  test("in an earlier version, after a rollback left a later one as the default", async () => {
    await newVersion();
    await makeDefault("2");
    expect(await verify()).toMatchObject({ version: "1", hash: site.document.hash });
  });

  test("in an earlier version, when versions in between were deleted", async () => {
    for (let version = 2; version <= 5; version += 1) await newVersion(`${Content}${" ".repeat(version)}`);
    await makeDefault("5");
    const error = { code: "InvalidDocumentVersion" };
    site.aws.faults.push({ operation: "ssm:GetDocument", after: 1, times: 2, error });
    expect(await verify()).toMatchObject({ version: "1" });
  });
});

describe("when the document is changed", () => {
  const update = async () => {
    await newVersion();
    await makeDefault("2");
  };
  const replace = async () => {
    await site.clients.ssm.send(new DeleteDocumentCommand({ Name: documentName }));
    await site.clients.ssm.send(new CreateDocumentCommand({ Name: documentName, Content }));
  };

  test("before the run, the run does not use the new document, and its error contains the fix", async () => {
    await replace();
    await expect(verify()).rejects.toThrow(
      /No version of the SSM document EksKubeletAudit has the content that was deployed.*versions 1 were.*CloudTrail/,
    );
  });

  test.each<[string, () => Promise<unknown>, string | undefined]>([
    ["the new version", update, "1"],
    ["the new document with the same name", replace, undefined],
  ])("after its verification, no node runs %s", async (_, change, version) => {
    const document = await verify();
    await change();
    const { clusters } = await takeWholeInventory(site.clients, place, () => true);
    const nodes = clusters.flatMap((cluster) => cluster.nodes);
    const sending = sendTo(site.clients.ssm, nodes, { document, runId: "r", until: untilHang() });
    if (version) await sending;
    else await expect(sending).rejects.toThrow("hash");
    expect([...site.aws.home.commands.values()].map((command) => `${command.document.version}`)).toEqual(
      version ? [version] : [],
    );
  });
});
