import { CreateDocumentCommand, DeleteDocumentCommand, UpdateDocumentCommand } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { verifyDocument } from "../../../lambda/collect/document.ts";
import { batchesOf, sendAll } from "../../../lambda/collect/send.ts";
import { takeInventory } from "../../../lambda/inventory/inventory.ts";
import { documentName, documentSha256, home, node, type Site, startSite } from "./fleet.ts";

let site: Site;
beforeEach(async () => {
  site = await startSite({ nodes: [node(1)] });
});
afterEach(() => site.aws.close());

const verify = () => verifyDocument(site.clients.ssm, documentName, documentSha256);

/** A document that runs something else. */
const Content = JSON.stringify({
  schemaVersion: "2.2",
  mainSteps: [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: ["rm -rf /"] } }],
});

test("what was deployed is what is sent: name, version and SSM's own hash", async () => {
  expect(await verify()).toEqual(site.document);
});

describe("somebody changes the document", () => {
  const update = () =>
    site.clients.ssm.send(new UpdateDocumentCommand({ Name: documentName, Content, DocumentVersion: "$LATEST" }));
  const replace = async () => {
    await site.clients.ssm.send(new DeleteDocumentCommand({ Name: documentName }));
    await site.clients.ssm.send(new CreateDocumentCommand({ Name: documentName, Content }));
  };

  test("before the run: it ends, and says what to do", async () => {
    await update();
    await expect(verify()).rejects.toThrow(
      /Version 2 of the SSM document EksKubeletAudit is not what was deployed.*CloudTrail/,
    );
  });

  test.each<[string, () => Promise<unknown>, string | undefined]>([
    ["a new version", update, "1"],
    ["another document under the same name", replace, undefined],
  ])("after it was verified, by %s: what was verified runs, or nothing", async (_, change, version) => {
    const document = await verify();
    await change();
    const { clusters } = await takeInventory(site.clients, home, () => true);
    const nodes = clusters.flatMap((cluster) => cluster.nodes);
    const sending = sendAll(site.clients.ssm, batchesOf(nodes), { document, runId: "r", until: Date.now() + 60_000 });
    if (version) await sending;
    else await expect(sending).rejects.toThrow("hash");
    expect([...site.aws.fleet.commands.values()].map((command) => `${command.document.version}`)).toEqual(
      version ? [version] : [],
    );
  });
});
