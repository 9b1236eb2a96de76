import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateDocumentCommand,
  GetCommandInvocationCommand,
  ListCommandsCommand,
  SendCommandCommand,
} from "@aws-sdk/client-ssm";
import { afterAll, expect, test } from "vitest";
import { collectorText } from "../../lib/collect-content.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { clients } from "./clients.ts";

const aws = await startLocalAws({ pace: { consistency: 0 }, rates: unthrottled });
afterAll(() => aws.close());
const { ssm } = clients(aws);
const script = collectorText();
await ssm.send(
  new CreateDocumentCommand({
    Name: "Collect",
    Content: JSON.stringify({
      schemaVersion: "2.2",
      mainSteps: [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: [script] } }],
    }),
  }),
);

async function collect(InstanceId: string): Promise<string> {
  const input = { DocumentName: "Collect", InstanceIds: [InstanceId], TimeoutSeconds: 30 };
  const { Command: { CommandId = "" } = {} } = await ssm.send(new SendCommandCommand(input));
  for (;;) {
    const { Commands } = await ssm.send(new ListCommandsCommand({ CommandId }));
    if (!["Pending", "InProgress"].includes(Commands?.[0]?.Status ?? "")) break;
    await sleep(20);
  }
  const { StandardOutputContent } = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  return StandardOutputContent ?? "";
}

const answering = aws.home.nodes.filter(({ agent, behaviour }) => agent?.ping === "Online" && behaviour === undefined);

test("the sample account-Region has two clusters and at least fourteen nodes with different ids", () => {
  expect(aws.home.clusters).toHaveLength(2);
  expect(aws.home.nodes.length).toBeGreaterThanOrEqual(14);
  expect(new Set(aws.home.nodes.map(({ id }) => id)).size).toBe(aws.home.nodes.length);
});

test.each(answering.filter(({ agent, instance }) => agent?.platformType === "Linux" && instance?.state === undefined))(
  "the collector prints evidence on $tree.kind, $id",
  async ({ id }) => {
    expect(await collect(id)).toMatch(/^eks-kubelet-evidence 1\nBEGIN\n[A-Za-z0-9+/=]+\nEND \d+\n$/);
  },
);

test("one node's evidence is too long for ListCommandInvocations and short enough for GetCommandInvocation", async () => {
  const { length } = await collect("i-0a3b4c5d6e7f8091a");
  expect(length).toBeGreaterThan(2_500);
  expect(length).toBeLessThan(24_000);
});

test("replant recreates a node's files after a change of its tree", async () => {
  const node = aws.node("i-0b23c45d67e89f012");
  const before = await collect(node.id);
  node.tree = { kind: "al2023", change: { argv: ["/usr/bin/kubelet"] } };
  aws.replant(node.id);
  const after = await collect(node.id);
  expect(after.length).toBeLessThan(before.length);
  expect(readFileSync(`${aws.root(node.id)}/proc/2741/cmdline`, "utf8")).toBe("/usr/bin/kubelet\0");
});
