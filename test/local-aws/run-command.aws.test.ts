import { setTimeout as sleep } from "node:timers/promises";
import {
  type CommandFilter,
  type CommandFilterKey,
  CreateDocumentCommand,
  DeleteDocumentCommand,
  DescribeDocumentCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  ListDocumentsCommand,
  SendCommandCommand,
  type SendCommandCommandInput,
} from "@aws-sdk/client-ssm";
import { afterAll, describe, expect, test } from "vitest";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { id, onlineAgent, onlineNode } from "../kit/nodes.ts";
import { clients, refusal } from "./clients.ts";

const tags = { "eks:cluster-name": "prod-apps" };
const node = (number: number, rest: Partial<EmbeddedNode> = {}) =>
  onlineNode(number, { tags, tree: { kind: "al2023" }, ...rest });
const nodes = Array.from({ length: 60 }, (_, number) => node(number, { behaviour: { prints: `node ${number}\n` } }));

/** `consistency` is an hour: lists omit a new command until a test moves the clock. */
const pace = { timeoutSecond: 2, delivery: 1, consistency: 3_600_000 };
const home = { account: "111122223333", region: "us-east-1", securityHub: true, clusters: [], nodes };
const aws = await startLocalAws({ home, pace, rates: unthrottled });
afterAll(() => aws.close());
const { ssm } = clients(aws);

const step = (name: string, script: string, rest = {}) => ({
  action: "aws:runShellScript",
  name,
  inputs: { timeoutSeconds: "30", runCommand: [script] },
  ...rest,
});
const createDocument = (Name: string, ...mainSteps: object[]) =>
  ssm.send(
    new CreateDocumentCommand({
      Name,
      DocumentType: "Command",
      Content: JSON.stringify({ schemaVersion: "2.2", mainSteps }),
    }),
  );
await createDocument("Audit", step("collect", 'printf "%s " "$AWS_SSM_INSTANCE_ID"; cat "$ROOT/etc/os-release"'));
// The timeout of two days gives a test time to examine a command on a node that hangs.
await createDocument(
  "Patient",
  step("collect", "true", { inputs: { timeoutSeconds: "172800", runCommand: ["true"] } }),
);
const windows = { precondition: { StringEquals: ["platformType", "Windows"] } };
await createDocument("TwoSteps", step("collect", "echo hello"), {
  ...step("collectWindows", "Write-Output hello", windows),
  action: "aws:runPowerShellScript",
});

const send = (input: Partial<SendCommandCommandInput>) =>
  ssm.send(new SendCommandCommand({ DocumentName: "Audit", MaxErrors: "100%", TimeoutSeconds: 30, ...input }));

async function finish(CommandId: string) {
  for (;;) {
    const { Commands } = await ssm.send(new ListCommandsCommand({ CommandId }));
    const [command] = Commands ?? [];
    if (command && !["Pending", "InProgress"].includes(command.Status ?? "")) return command;
    await sleep(10);
  }
}

/** Replaces nodes by the `changed` ones, sends them a command, waits for it, and restores the nodes. */
async function run(changed: EmbeddedNode[], input: Partial<SendCommandCommandInput> = {}) {
  const before = [...aws.home.nodes];
  for (const each of changed) aws.home.nodes[before.findIndex(({ id }) => id === each.id)] = each;
  const { Command } = await send({ InstanceIds: changed.map(({ id }) => id), ...input });
  const CommandId = Command?.CommandId ?? "";
  const command = await finish(CommandId);
  aws.clock.advance(pace.consistency);
  const listed = await ssm.send(new ListCommandInvocationsCommand({ CommandId, Details: true }));
  aws.home.nodes.splice(0, before.length, ...before);
  return { CommandId, command, invocations: listed.CommandInvocations ?? [] };
}

test("a command's status changes from Pending to Success, with counts of its nodes", async () => {
  const { Command } = await send({ InstanceIds: nodes.slice(0, 50).map(({ id }) => id), Comment: "run 1" });
  expect(Command).toMatchObject({ Status: "Pending", TargetCount: 50, CompletedCount: 0, DocumentVersion: "1" });
  const done = await finish(Command?.CommandId ?? "");
  expect(done).toMatchObject({
    Status: "Success",
    TargetCount: 50,
    CompletedCount: 50,
    ErrorCount: 0,
    Comment: "run 1",
  });
});

test("right after SendCommand, ListCommandInvocations is empty and GetCommandInvocation fails", async () => {
  const { Command: { CommandId } = {} } = await send({ InstanceIds: [id(0)] });
  const list = () => ssm.send(new ListCommandInvocationsCommand({ CommandId }));
  expect((await list()).CommandInvocations).toEqual([]);
  const get = new GetCommandInvocationCommand({ CommandId, InstanceId: id(0) });
  expect(await refusal(ssm.send(get))).toContain("InvocationDoesNotExist 400");
  aws.clock.advance(pace.consistency);
  expect((await list()).CommandInvocations).toHaveLength(1);
});

test("ListCommandInvocations returns at most 50 per page, and output only with Details", async () => {
  const { CommandId } = await run(nodes.slice(0, 50));
  const page = await ssm.send(new ListCommandInvocationsCommand({ CommandId, MaxResults: 30 }));
  expect(page.CommandInvocations).toHaveLength(30);
  expect(page.CommandInvocations?.[0]?.CommandPlugins).toEqual([]);
  const { NextToken } = page;
  const rest = await ssm.send(
    new ListCommandInvocationsCommand({ CommandId, Details: true, ...(NextToken && { NextToken }) }),
  );
  expect(rest.CommandInvocations?.map(({ CommandPlugins }) => CommandPlugins?.[0]?.Output)).toContain("node 49\n");
  const tooMany = new ListCommandInvocationsCommand({ CommandId, MaxResults: 51 });
  expect(await refusal(ssm.send(tooMany))).toContain("ValidationException 400");
});

test("the document's script runs in the node's tree", async () => {
  const { invocations } = await run([node(1)]);
  const [plugin] = invocations[0]?.CommandPlugins ?? [];
  expect(plugin).toMatchObject({ Name: "collect", Status: "Success", ResponseCode: 0 });
  expect(plugin?.Output).toContain(`${id(1)} NAME="Amazon Linux"`);
});

test.each<[string, Partial<EmbeddedNode>, string, string]>([
  [
    "an agent that lost its connection",
    { agent: { ...onlineAgent, ping: "ConnectionLost" } },
    "TimedOut",
    "DeliveryTimedOut",
  ],
  ["a node that does not reply", { behaviour: "hangs" }, "TimedOut", "ExecutionTimedOut"],
  ["a script that exits with 3", { behaviour: { prints: "", exitCode: 3 } }, "Failed", "Failed"],
  ["a node to which IAM denies access", { behaviour: { endsAs: "AccessDenied" } }, "Failed", "AccessDenied"],
  ["a node that cannot be reached", { behaviour: { endsAs: "Undeliverable" } }, "Failed", "Undeliverable"],
  ["a cancelled command", { behaviour: { endsAs: "Cancelled" } }, "Cancelled", "Cancelled"],
  ["a node of another platform", { agent: { ...onlineAgent, platformType: "Windows" } }, "Failed", "InvalidPlatform"],
])("%s gets the status that AWS reports", async (_, change, Status, StatusDetails) => {
  const { command, invocations, CommandId } = await run([node(2, change), nodes[3] ?? node(3)]);
  expect(invocations[0]).toMatchObject({ Status, StatusDetails });
  expect(invocations[1]).toMatchObject({ Status: "Success" });
  expect(command).toMatchObject({ Status: "Failed", StatusDetails: "Incomplete", CompletedCount: 2 });
  const get = new GetCommandInvocationCommand({ CommandId, InstanceId: id(2) });
  expect(await ssm.send(get)).toMatchObject({ Status, StatusDetails });
});

test("a command has the status InProgress while one of its nodes has it", async () => {
  const before = aws.home.nodes[4];
  aws.home.nodes[4] = node(4, { behaviour: "hangs" });
  const { Command: { CommandId } = {} } = await send({ InstanceIds: [id(4), id(5)], DocumentName: "Patient" });
  const listed = async () => (await ssm.send(new ListCommandsCommand({ CommandId }))).Commands?.[0];
  await expect.poll(listed).toMatchObject({ Status: "InProgress", CompletedCount: 1, TargetCount: 2 });
  if (before) aws.home.nodes[4] = before;
});

const failing = (number: number) => node(number, { behaviour: { prints: "", exitCode: 1 } });
test.each([
  ["MaxErrors 0: the first failing script stops the other nodes", "0", 1, 3],
  ["MaxErrors 1: the second failing script stops the other nodes", "1", 2, 2],
  ["MaxErrors 50%: the script can fail on half of the nodes", "50%", 3, 1],
  ["MaxErrors 100%: the script can fail on all nodes", "100%", 4, 0],
])("%s", async (_, MaxErrors, failed, terminated) => {
  const { invocations } = await run([failing(1), failing(2), failing(3), failing(4)], {
    MaxErrors,
    MaxConcurrency: "1",
  });
  const count = (wanted: string) => invocations.filter(({ StatusDetails }) => StatusDetails === wanted).length;
  expect([count("Failed"), count("Terminated")]).toEqual([failed, terminated]);
});

const output = async (prints: string, exitCode = 0) => {
  const { invocations, CommandId } = await run([node(6, { behaviour: { prints, exitCode } })]);
  const single = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: id(6) }));
  const listed = invocations[0]?.CommandPlugins?.[0]?.Output ?? "";
  return { listed, single: single.StandardOutputContent ?? "", error: single.StandardErrorContent ?? "" };
};

test.each([
  ["2,499 bytes are complete in both replies", 2_499, false, false],
  ["2,500 bytes are cut by ListCommandInvocations", 2_500, true, false],
  ["23,999 bytes are complete in GetCommandInvocation", 23_999, true, false],
  ["24,000 bytes are cut by GetCommandInvocation", 24_000, true, true],
])("%s", async (_, bytes, cutInList, cutInSingle) => {
  const { listed, single } = await output("x".repeat(bytes));
  expect([listed.length, listed.endsWith("\n---Output truncated---")]).toEqual([Math.min(bytes, 2500), cutInList]);
  expect([single.length, single.endsWith("x--output truncated--")]).toEqual([Math.min(bytes, 24_000), cutInSingle]);
});

test("a cut counts bytes and can split a character", async () => {
  const { listed } = await output("é".repeat(2_000));
  expect(listed).toContain("é\uFFFD\n---Output truncated---");
});

test("standard error follows standard output under a title", async () => {
  const { listed, error } = await output("partial\n", 7);
  expect(listed).toBe("partial\n\n----------ERROR-------\nfailed to run commands: exit status 7");
  expect(error).toBe("failed to run commands: exit status 7");
});

test("a step for another platform is skipped, and GetCommandInvocation needs a step's name to return output", async () => {
  const { invocations, CommandId } = await run([node(7)], { DocumentName: "TwoSteps" });
  const [shell, powershell] = invocations[0]?.CommandPlugins ?? [];
  expect(invocations[0]).toMatchObject({ StatusDetails: "Success" });
  expect(shell).toMatchObject({ Name: "collect", Output: "hello\n" });
  expect(powershell?.Output).toMatch(/^Step execution skipped due to unsatisfied preconditions/);
  const get = (PluginName?: string) =>
    ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: id(7), ...(PluginName && { PluginName }) }));
  expect((await get()).StandardOutputContent).toBe("");
  expect((await get("collect")).StandardOutputContent).toBe("hello\n");
  expect(await refusal(get("other"))).toContain("InvalidPluginName");
});

test("SendCommand accepts the document's SHA-256", async () => {
  const { Document } = await ssm.send(new DescribeDocumentCommand({ Name: "Audit" }));
  expect(Document).toMatchObject({ HashType: "Sha256", DocumentVersion: "1", PlatformTypes: ["Linux"] });
  const { command } = await run([node(8)], {
    DocumentHash: Document?.Hash ?? "",
    DocumentHashType: "Sha256",
    DocumentVersion: "1",
  });
  expect(command.Status).toBe("Success");
});

const known = { InstanceIds: [id(1)] };
test.each<[string, Partial<SendCommandCommandInput>, string]>([
  ["51 ids, with a throttling error", { InstanceIds: nodes.slice(0, 51).map(({ id }) => id) }, "ThrottlingException"],
  ["the same id twice", { InstanceIds: [id(1), id(1)] }, "DuplicateInstanceId"],
  ["the whole batch for one unknown id", { InstanceIds: [id(1), id(99)] }, "InvalidInstanceId"],
  ["no ids", {}, "ValidationException"],
  ["an unknown document", { ...known, DocumentName: "Other" }, "InvalidDocument "],
  ["an unknown version", { ...known, DocumentVersion: "9" }, "InvalidDocumentVersion"],
  ["another hash", { ...known, DocumentHash: "0".repeat(64), DocumentHashType: "Sha256" }, "InvalidDocument "],
  ["parameters that the document does not have", { ...known, Parameters: { x: ["y"] } }, "InvalidParameters"],
  ["a delivery timeout of 29 seconds", { ...known, TimeoutSeconds: 29 }, "ValidationException"],
  ["a concurrency of 0", { ...known, MaxConcurrency: "0" }, "ValidationException"],
  ["an error limit of 101%", { ...known, MaxErrors: "101%" }, "ValidationException"],
  ["a comment of 101 characters", { ...known, Comment: "x".repeat(101) }, "ValidationException"],
])("SendCommand rejects %s", async (_, input, error) => {
  expect(await refusal(send(input))).toContain(error);
});

test("SendCommand rejects the batch if a node left between two calls", async () => {
  const gone = nodes[9] ?? node(9);
  const meanwhile = () => void aws.home.nodes.splice(aws.home.nodes.indexOf(gone), 1);
  aws.faults.push({ operation: "ssm:SendCommand", meanwhile });
  expect(await refusal(send({ InstanceIds: [id(8), id(9)] }))).toContain("InvalidInstanceId");
});

test("CreateDocument rejects an existing name, and DeleteDocument removes the document", async () => {
  await createDocument("Short-lived", step("collect", "true"));
  expect(await refusal(createDocument("Short-lived", step("collect", "true")))).toContain("DocumentAlreadyExists");
  await ssm.send(new DeleteDocumentCommand({ Name: "Short-lived" }));
  expect(await refusal(ssm.send(new DescribeDocumentCommand({ Name: "Short-lived" })))).toContain("InvalidDocument");
});

test("ListDocuments filters by tag, owner and name prefix, and a new document has the status Creating at first", async () => {
  const Content = JSON.stringify({ schemaVersion: "2.2", mainSteps: [step("collect", "true")] });
  const Tags = [{ Key: "team", Value: "platform" }];
  const { DocumentDescription: created } = await ssm.send(
    new CreateDocumentCommand({ Name: "Tagged", DocumentType: "Command", Content, Tags }),
  );
  expect(created?.Status).toBe("Creating");
  const list = async (Key: string, ...Values: string[]) => {
    const { DocumentIdentifiers = [] } = await ssm.send(new ListDocumentsCommand({ Filters: [{ Key, Values }] }));
    return DocumentIdentifiers.map(({ Name }) => Name);
  };
  expect(await list("tag:team", "platform", "other")).toEqual(["Tagged"]);
  expect(await list("tag:team", "other")).toEqual([]);
  expect(await list("Name", "Tag")).toEqual(["Tagged"]);
  expect(await list("Owner", "Self")).toEqual(expect.arrayContaining(["Audit", "Tagged"]));
  expect(await refusal(list("Colour", "red"))).toContain("InvalidFilterKey");
  expect(await refusal(list("Owner", "Self", "Amazon"))).toContain("InvalidFilterKey");
  const status = async () => (await ssm.send(new DescribeDocumentCommand({ Name: "Tagged" }))).Document?.Status;
  aws.clock.advance(pace.consistency);
  expect(await status()).toBe("Active");
});

test.each([
  ["over 64 KB", step("collect", "x".repeat(65_536)), "MaxDocumentSizeExceeded"],
  [
    "with an unsupported step",
    { ...step("collect", "true"), action: "aws:configurePackage" },
    "InvalidDocumentContent",
  ],
])("CreateDocument rejects a document %s", async (_, content, error) => {
  expect(await refusal(createDocument("Refused", content))).toContain(error);
});

describe("ListCommands and ListCommandInvocations filter", () => {
  const second = (shift: number) => new Date(aws.clock.now() + shift * 1000).toISOString().replace(/\.\d+/, "");
  test.each<[key: CommandFilterKey, value: () => string, found: number]>([
    ["InvokedAfter", () => second(-7_200), 1],
    ["InvokedAfter", () => second(7_200), 0],
    ["InvokedBefore", () => second(7_200), 1],
    ["InvokedBefore", () => second(-7_200), 0],
    ["Status", () => "Success", 1],
    ["Status", () => "Failed", 0],
    ["DocumentName", () => "Audit", 1],
    ["DocumentName", () => "TwoSteps", 0],
  ])("by %s, case %#", async (key, value, found) => {
    const { CommandId } = await run([node(10)]);
    const input = { CommandId, Filters: [{ key, value: value() }] };
    expect((await ssm.send(new ListCommandsCommand(input))).Commands).toHaveLength(found);
    expect((await ssm.send(new ListCommandInvocationsCommand(input))).CommandInvocations).toHaveLength(found);
  });

  test("by node", async () => {
    const { CommandId } = await run([node(10)]);
    const of = async (InstanceId: string) =>
      (await ssm.send(new ListCommandsCommand({ CommandId, InstanceId }))).Commands;
    expect([await of(id(10)), await of(id(11))]).toMatchObject([[{ CommandId }], []]);
  });

  test.each<[string, CommandFilter, string]>([
    ["a malformed time", { key: "InvokedAfter", value: "yesterday" }, "ValidationException"],
    ["an unknown key", { key: "ExecutionStage", value: "Complete" }, "InvalidFilterKey"],
    ["an empty value", { key: "Status", value: "" }, "ValidationException"],
  ])("and reject %s", async (_, filter, error) => {
    const { CommandId } = await run([node(10)]);
    expect(await refusal(ssm.send(new ListCommandsCommand({ CommandId, Filters: [filter] })))).toContain(error);
  });
});

test("ListCommands omits a command after 30 days", async () => {
  const { CommandId } = await run([node(10)]);
  aws.clock.advance(31 * 24 * 3600 * 1000);
  expect((await ssm.send(new ListCommandsCommand({ CommandId }))).Commands).toEqual([]);
});
