import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { type Answers, collect } from "../../../lambda/collect/collect.ts";
import type { Collected } from "../../../lambda/domain/node.ts";
import { takeWholeInventory } from "../../../lambda/inventory/inventory.ts";
import type { EmbeddedNode, InitialRegion } from "../../../local-aws/initial-region.ts";
import type { Fault } from "../../../local-aws/traffic.ts";
import { hang } from "../../kit/hang.ts";
import { id, managed } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { node, place, type Site, startSite, whole } from "./site.ts";

simulateTime();

let site: Site | undefined;
afterEach(() => site?.aws.close());

interface Circumstances {
  faults?: Fault[];
  /** Milliseconds for sending commands and waiting for nodes. */
  time?: number;
  documentName?: string;
  /** Milliseconds after which one second of SSM's time limits counts as over. */
  timeoutSecond?: number;
}

/**
 * Takes the inventory, activates `faults` and collects. `replies` holds each node's output or the code of its reason.
 */
async function collectFrom(
  home: Partial<InitialRegion>,
  { faults = [], time = hang, documentName, timeoutSecond }: Circumstances = {},
) {
  // A throttled request would be sent and counted twice. throttled.aws.test.ts tests the rates.
  site = await startSite(home, timeoutSecond ? { pace: { timeoutSecond } } : {});
  const { clusters, registrations } = await takeWholeInventory(site.clients, place, () => true);
  site.clients.calls.clear();
  site.aws.faults.push(...faults);
  const nodes = clusters.flatMap((each) => each.nodes);
  const until = Date.now() + time;
  const batches: Answers[] = [];
  const order = {
    document: { ...site.document, ...(documentName && { name: documentName }) },
    runId: "r",
    until,
  };
  for await (const batch of collect(site.clients.ssm, [{ nodes, registrations }], order)) batches.push(batch);
  const replies = Object.fromEntries(
    batches.flatMap((batch) =>
      [...batch.replies].map(([{ instanceId }, reply]) => [
        instanceId,
        "output" in reply ? reply.output : reply.unreadable.code,
      ]),
    ),
  );
  const trouble = batches.flatMap((batch) => batch.trouble.map(String));
  const sizes = batches.map((batch) => batch.replies.size);
  return { replies, trouble, sizes, calls: Object.fromEntries(site.clients.calls) };
}

const nodes = (count: number, more: Partial<EmbeddedNode> = {}) =>
  Array.from({ length: count }, (_, index) => node(index, more));
const ownId = (count: number) => Object.fromEntries(nodes(count).map((each) => [each.id, whole(each.id)]));

test("fetches long evidence in the order of the commands, so that nodes queried first are read when time runs out", async () => {
  const long = whole("x".repeat(3_000));
  const { replies } = await collectFrom({ nodes: nodes(600, { behaviour: { prints: long } }) }, { time: 60_000 });
  const read = nodes(600).map((each) => replies[each.id] === long);
  const readIn = (start: number, end: number) => read.slice(start, end).filter(Boolean).length;
  expect(readIn(0, 500)).toBeGreaterThan(200);
  // Ten commands are read at the same time, and the last two have to wait.
  expect(readIn(500, 600)).toBe(0);
});

test("reads the Windows step of a Windows node, and does not treat its skipped Linux step as a failure", async () => {
  const windows = { ping: "Online", platformType: "Windows", platformName: "Windows", platformVersion: "10" } as const;
  const long = whole("x".repeat(3_000));
  const { replies, trouble, calls } = await collectFrom({
    nodes: [
      node(1, { agent: windows }),
      node(2, { agent: windows, behaviour: { prints: long } }),
      node(3, { agent: windows, behaviour: { prints: "", exitCode: 1 } }),
      node(4),
      node(5, { behaviour: { prints: long } }),
    ],
  });
  expect(replies).toEqual({
    [id(1)]: whole(id(1)),
    [id(2)]: long,
    [id(3)]: "COMMAND_FAILED",
    [id(4)]: whole(id(4)),
    [id(5)]: long,
  });
  expect(trouble).toEqual([]);
  expect(calls).toMatchObject({ "ssm:SendCommand": 1, "ssm:GetCommandInvocation": 2 });
});

describe("the reply of a node is", () => {
  const long = whole("x".repeat(3_000));
  test.each([
    ["evidence that fits into the list of invocations", { behaviour: { prints: whole("short") } }, whole("short")],
    ["whole evidence when the list of invocations cuts it", { behaviour: { prints: long } }, long],
    [
      "whole evidence when the list of invocations cuts blanks after its end",
      { behaviour: { prints: `${whole("x")}${" ".repeat(3_000)}` } },
      `${whole("x")}${" ".repeat(3_000)}`,
    ],
    ["empty output", { behaviour: { prints: "" } }, ""],
    ["output that is not evidence", { behaviour: { prints: "Segmentation fault\n" } }, "Segmentation fault\n"],
    ["a failure of the script", { behaviour: { prints: whole("x"), exitCode: 1 } }, "COMMAND_FAILED"],
    ["a reason when the node hangs", { behaviour: "hangs" }, "EXECUTION_TIMED_OUT"],
    ["a reason when IAM denies access", { behaviour: { endsAs: "AccessDenied" } }, "ACCESS_DENIED"],
    ["a reason when SSM cannot deliver the command", { behaviour: { endsAs: "Undeliverable" } }, "UNDELIVERABLE"],
    ["a reason when the delivery times out", { behaviour: { endsAs: "DeliveryTimedOut" } }, "DELIVERY_TIMED_OUT"],
    ["a reason when the command was cancelled", { behaviour: { endsAs: "Cancelled" } }, "COMMAND_CANCELLED"],
    ["a reason when SSM stopped the command", { behaviour: { endsAs: "Terminated" } }, "COMMAND_TERMINATED"],
    ["a reason when the platform is wrong", { behaviour: { endsAs: "InvalidPlatform" } }, "INVALID_PLATFORM"],
  ] as [string, Partial<EmbeddedNode>, string][])("%s", async (_, more, reply) => {
    const { replies, trouble } = await collectFrom({ nodes: [node(1, more), node(2)] });
    expect(replies).toEqual({ [id(1)]: reply, [id(2)]: whole(id(2)) });
    expect(trouble).toEqual([]);
  });

  test("the part that SSM keeps of more than 24,000 characters", async () => {
    const { replies } = await collectFrom({ nodes: [node(1, { behaviour: { prints: whole("x".repeat(30_000)) } })] });
    expect(replies[id(1)]).toMatch(/^x{20000}.*--output truncated--$/s);
  });
});

test("sends no command to nodes that are offline, unregistered or on an unsupported platform", async () => {
  const agent = node(1).agent;
  if (!agent) throw new Error("all nodes have an agent");
  const { agent: _, ...withoutAgent } = node(1);
  const { replies, calls } = await collectFrom({
    nodes: [
      withoutAgent,
      node(2, { agent: { ...agent, ping: "ConnectionLost" } }),
      node(3, { agent: { ...agent, ping: "Inactive" } }),
      node(4, { agent: { ...agent, platformType: "MacOS" } }),
    ],
  });
  expect(replies).toEqual({
    [id(1)]: "NOT_REGISTERED_WITH_SSM",
    [id(2)]: "SSM_CONNECTION_LOST",
    [id(3)]: "SSM_AGENT_OFFLINE",
    [id(4)]: "UNSUPPORTED_OS",
  });
  expect(calls).toEqual({});
});

test("reads a whole frame from the list of invocations, with and without a digest", async () => {
  const frames = ["END 4\n", `END 4 ${"0".repeat(64)}\n`].map((end) => `eks-kubelet-evidence 1\nBEGIN\nAAAA\n${end}`);
  const { replies, calls } = await collectFrom({
    nodes: frames.map((prints, index) => node(index, { behaviour: { prints } })),
  });
  expect(Object.values(replies)).toEqual(frames);
  expect(calls).not.toHaveProperty("ssm:GetCommandInvocation");
});

test("the reason for a failed command contains what the node's own step wrote to standard error", async () => {
  const complains = "sh: /a/_script.sh: Permission denied\n";
  site = await startSite({ nodes: [node(1, { behaviour: { prints: "", complains, exitCode: 126 } })] });
  const { clusters, registrations } = await takeWholeInventory(site.clients, place, () => true);
  const order = { document: site.document, runId: "r", until: Date.now() + hang };
  const listed = [{ nodes: clusters.flatMap((each) => each.nodes), registrations }];
  for await (const { replies } of collect(site.clients.ssm, listed, order))
    expect([...replies.values()]).toMatchObject([
      { unreadable: { because: expect.stringContaining(`with exit code 126: "${complains.trim()}"`) } },
    ]);
  expect.assertions(1);
});

test("queries 120 nodes with 3 commands and reads their evidence with 3 calls", async () => {
  const { replies, calls } = await collectFrom({ nodes: nodes(120) });
  expect(replies).toEqual(ownId(120));
  expect(calls).toMatchObject({ "ssm:SendCommand": 3, "ssm:ListCommandInvocations": 3 });
  expect(calls).not.toHaveProperty("ssm:GetCommandInvocation");
});

test("yields each node once, unregistered ones too, in batches of more than 250 except the last one", async () => {
  const { agent: _, ...silent } = node(601);
  const { replies, sizes, calls } = await collectFrom({ nodes: [silent, ...nodes(600)] });
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(601);
  expect(sizes.slice(0, -1).every((size) => size > 250)).toBe(true);
  expect(replies).toEqual({ ...ownId(600), [id(601)]: "NOT_REGISTERED_WITH_SSM" });
  expect(calls["ssm:SendCommand"]).toBe(12);
});

test("sends a command to a node although the 3,500 nodes before it hang", async () => {
  const hanging = nodes(3_500, { behaviour: "hangs" });
  const { replies } = await collectFrom({ nodes: [...hanging, node(3_500)] }, { timeoutSecond: 1_000 });
  expect(replies[id(3_500)]).toBe(whole(id(3_500)));
  const sentAt = [...(site?.aws.home.commands.values() ?? [])].map(({ requestedAt }) => requestedAt);
  // SSM kills the collector on the first hanging nodes after 30 seconds.
  expect(Math.max(...sentAt) - Math.min(...sentAt)).toBeLessThan(20_000);
});

test("queries the first nodes while the other nodes are still being listed", async () => {
  site = await startSite({ nodes: nodes(120) });
  const { ssm } = site.clients;
  const { clusters, registrations } = await takeWholeInventory(site.clients, place, () => true);
  const all = clusters.flatMap((each) => each.nodes);
  const { home } = site.aws;
  const sent = () => [...home.commands.values()].length;
  async function* listed() {
    yield { nodes: all.slice(0, 50) };
    await expect.poll(sent).toBe(1);
    yield { nodes: all.slice(50), registrations };
  }
  const order = { document: site.document, runId: "r", until: Date.now() + hang };
  const replies: [string, Collected][] = [];
  for await (const batch of collect(ssm, listed(), order))
    replies.push(...[...batch.replies].map(([{ instanceId }, reply]): [string, Collected] => [instanceId, reply]));
  expect(replies).toHaveLength(120);
  expect(Object.fromEntries(replies)).toEqual(
    Object.fromEntries(nodes(120).map((each) => [each.id, { output: whole(each.id) }])),
  );
  expect(sent()).toBe(3);
});

test("takes no more nodes from the list than it can query, so that later nodes can still be put into an order", async () => {
  site = await startSite({ nodes: nodes(50) });
  const { clusters } = await takeWholeInventory(site.clients, place, () => true);
  const [some] = clusters.map((each) => each.nodes);
  let taken = 0;
  function* listed() {
    for (; taken < 100; taken += 1) yield { nodes: some ?? [] };
  }
  const order = { document: site.document, runId: "r", until: Date.now() + hang };
  const batches = collect(site.clients.ssm, listed(), order);
  await batches.next();
  await sleep(60_000);
  expect(taken * 50).toBeGreaterThanOrEqual(3_000);
  // Each of the ten concurrent calls may have taken one group more.
  expect(taken * 50).toBeLessThanOrEqual(3_000 + 300 + 11 * 50);
  await batches.return();
});

test("yields one empty batch if there are no nodes", async () => {
  expect(await collectFrom({ nodes: [] })).toEqual({ replies: {}, trouble: [], sizes: [0], calls: {} });
});

test("halves a batch to find an instance id that SSM rejects without naming it", async () => {
  const unnamed: Fault = { operation: "ssm:SendCommand", error: { code: "InvalidInstanceId", message: "" }, times: 3 };
  // SSM rejects all four, then the first two, then the first. It accepts the second and the other half.
  const { replies, calls } = await collectFrom({ nodes: nodes(4) }, { faults: [unnamed] });
  expect(replies).toEqual({ ...ownId(4), [id(0)]: "INSTANCE_GONE" });
  expect(calls["ssm:SendCommand"]).toBe(5);
});

test("leaves out nodes that are gone before the command, and queries the rest of their batch", async () => {
  const terminate = () => {
    for (const number of [3, 17, 18]) Object.assign(site?.aws.node(id(number)).instance ?? {}, { state: "terminated" });
  };
  const { replies, trouble, calls } = await collectFrom(
    { nodes: nodes(50) },
    { faults: [{ operation: "ssm:SendCommand", meanwhile: terminate }] },
  );
  const gone = Object.fromEntries([3, 17, 18].map((number) => [id(number), "INSTANCE_GONE"]));
  expect(replies).toEqual({ ...ownId(50), ...gone });
  expect(calls["ssm:SendCommand"]).toBe(2);
  expect(trouble).toEqual([]);
});

describe("when IAM denies a command", () => {
  const refusal = (resource: string, times = 1): Fault => ({
    operation: "ssm:SendCommand",
    times,
    error: {
      code: "AccessDeniedException",
      status: 400,
      message: `User: u is not authorized to perform: ssm:SendCommand on resource: ${resource} because no identity-based policy allows it`,
    },
  });
  const arnOf = (number: number) => `arn:aws:ec2:us-east-1:111122223333:instance/${id(number)}`;
  const selfManaged = { tags: { "kubernetes.io/cluster/prod": "owned" } };

  test("to one node, the run queries the others", async () => {
    const { replies, trouble } = await collectFrom({ nodes: nodes(5) }, { faults: [refusal(arnOf(2))] });
    expect(replies).toEqual({ ...ownId(5), [id(2)]: "ACCESS_DENIED" });
    expect(trouble).toEqual([]);
  });

  test("to self-managed nodes, the nodes of node groups get another command", async () => {
    const all = [node(0), node(1, selfManaged), node(2, selfManaged)];
    const { replies, trouble } = await collectFrom(
      { nodes: all },
      {
        faults: [
          { ...refusal(arnOf(1)), after: 1 },
          { ...refusal(arnOf(2)), after: 1 },
        ],
      },
    );
    expect(replies).toEqual({ [id(0)]: whole(id(0)), [id(1)]: "ACCESS_DENIED", [id(2)]: "ACCESS_DENIED" });
    expect(trouble).toEqual([]);
  });

  test("to nodes whose tags give the auditor no access, the other nodes of the cluster get another command", async () => {
    const joined = { tags: { "aws:eks:cluster-name": "prod" } };
    const all = [node(0, joined), node(1, joined), node(2, joined), node(3, selfManaged)];
    const others = [1, 2].map((number) => ({ ...refusal(arnOf(number)), after: 1 }));
    const { replies } = await collectFrom({ nodes: all }, { faults: [refusal(arnOf(0)), ...others] });
    const denied = Object.fromEntries([0, 1, 2].map((number) => [id(number), "ACCESS_DENIED"]));
    expect(replies).toEqual({ ...denied, [id(3)]: whole(id(3)) });
  });

  test("to every node, each node has a reason and the run has a failure", async () => {
    const faults = [refusal(arnOf(0)), refusal(arnOf(1))];
    const { replies, trouble } = await collectFrom({ nodes: nodes(2) }, { faults });
    expect(replies).toEqual({ [id(0)]: "ACCESS_DENIED", [id(1)]: "ACCESS_DENIED" });
    expect(trouble).toEqual([expect.stringContaining(`may not call ssm:SendCommand on ${arnOf(0)}`)]);
  });

  describe("without naming the instance,", () => {
    const unnamed = (times: number, after = 0) => ({ ...refusal("*", times), after });

    test("to one node, the run queries the others", async () => {
      // The run halves each batch that IAM denies. IAM denies the calls for nodes 1 to 8, 5 to 8, 5 and 6, and 5 alone.
      const faults = [unnamed(1), unnamed(3, 1)];
      const { replies, trouble, calls } = await collectFrom({ nodes: nodes(8) }, { faults });
      expect(replies).toEqual({ ...ownId(8), [id(4)]: "ACCESS_DENIED" });
      expect(trouble).toEqual([]);
      expect(calls["ssm:SendCommand"]).toBe(7);
    });

    test("to every node, a limited number of calls gives each node a reason and the run a failure", async () => {
      const { replies, trouble, calls } = await collectFrom({ nodes: nodes(50) }, { faults: [unnamed(1_000)] });
      expect(new Set(Object.values(replies))).toEqual(new Set(["ACCESS_DENIED"]));
      expect(Object.keys(replies)).toHaveLength(50);
      expect(trouble).toEqual([expect.stringContaining("may not call ssm:SendCommand on *")]);
      expect(calls["ssm:SendCommand"]).toBeLessThan(25);
    });
  });

  test("because of the document, the run ends with the error", async () => {
    const document = "arn:aws:ssm:us-east-1:111122223333:document/EksKubeletAudit";
    const denied = collectFrom({ nodes: nodes(2) }, { faults: [refusal(document)] });
    await expect(denied).rejects.toThrow(`may not call ssm:SendCommand on ${document}`);
  });
});

test("ends the run when the document does not exist", async () => {
  await expect(collectFrom({ nodes: nodes(2) }, { documentName: "Other" })).rejects.toThrow(/Other does not exist/);
});

test("yields the replies of the other nodes while it waits for a node that hangs", async () => {
  const { sizes } = await collectFrom(
    { nodes: [...nodes(10), node(10, { behaviour: "hangs" })] },
    { timeoutSecond: 1_000 },
  );
  expect(sizes).toEqual([10, 1]);
});

describe("when AWS fails", () => {
  const broken = { error: { code: "InternalServerError", status: 500 }, times: 8 };

  test("with throttling, calls are repeated until they succeed", async () => {
    const faults: Fault[] = ["ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations"].map((operation) => ({
      operation,
      error: "throttled",
    }));
    const { replies, trouble, calls } = await collectFrom({ nodes: nodes(2) }, { faults });
    expect(replies).toEqual(ownId(2));
    expect(trouble).toEqual([]);
    expect(calls["ssm:SendCommand"]).toBe(2);
  });

  test("to accept a command, the run has a failure and the nodes have a reason", async () => {
    const { replies, trouble } = await collectFrom(
      { nodes: nodes(2) },
      { faults: [{ operation: "ssm:SendCommand", ...broken }] },
    );
    expect(replies).toEqual({ [id(0)]: "NO_REPLY", [id(1)]: "NO_REPLY" });
    expect(trouble).toEqual([expect.stringContaining("InternalServerError")]);
  });

  test("to list commands, the run has a failure and reads the evidence when the time of the commands is over", async () => {
    const faults = [{ operation: "ssm:ListCommands", ...broken, times: 10_000 }];
    const { replies, trouble } = await collectFrom({ nodes: nodes(2) }, { faults });
    expect(replies).toEqual(ownId(2));
    expect(trouble).toEqual([expect.stringContaining("ssm:ListCommands: InternalServerError")]);
  });

  test("to return evidence, the run has a failure and reads the evidence of other commands", async () => {
    const faults = [{ operation: "ssm:ListCommandInvocations", ...broken }];
    const { replies, trouble } = await collectFrom({ nodes: nodes(2) }, { faults });
    expect(replies).toEqual({ [id(0)]: "NO_REPLY", [id(1)]: "NO_REPLY" });
    expect(trouble).toEqual([expect.stringContaining("InternalServerError")]);
  });

  test("to return long evidence, the evidence stays cut and the run has a failure", async () => {
    const long = node(1, { behaviour: { prints: whole("x".repeat(3_000)) } });
    const faults = [{ operation: "ssm:GetCommandInvocation", ...broken }];
    const { replies, trouble } = await collectFrom({ nodes: [long, node(2)] }, { faults });
    expect(replies[id(1)]).toMatch(/---Output truncated---/);
    expect(replies[id(2)]).toBe(whole(id(2)));
    expect(trouble).toEqual([expect.stringContaining("InternalServerError")]);
  });

  test("and the run is out of time, the run sends no command", async () => {
    const { replies, trouble, calls } = await collectFrom({ nodes: nodes(2) }, { time: -1 });
    expect(replies).toEqual({ [id(0)]: "OUT_OF_TIME", [id(1)]: "OUT_OF_TIME" });
    expect(trouble).toEqual([expect.stringContaining("before it could query 2 nodes")]);
    expect(calls).toEqual({});
  });

  test("and time runs out while nodes still work, the run keeps the evidence that it has", async () => {
    const all = [node(0), node(1, { behaviour: "hangs", tags: managed("prod") })];
    const { replies } = await collectFrom({ nodes: all }, { time: 20_000, timeoutSecond: 1_000 });
    expect(replies).toEqual({ [id(0)]: whole(id(0)), [id(1)]: "NO_REPLY" });
  });
});
