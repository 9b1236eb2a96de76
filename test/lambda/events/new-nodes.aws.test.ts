import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EmbeddedNode } from "../../../local-aws/initial-region.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { id } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { eventsQueue, functionClients, takeInProcess } from "../../kit/take-events.ts";
import { cluster, node, place } from "../collect/site.ts";
import { stockEvidence } from "../stock-evidence.ts";

simulateTime();

const minute = 60_000;
let cdkOut = "";
let good = "";
let aws: LocalAws;

beforeAll(async () => {
  [cdkOut, good] = await Promise.all([cdkOutOf("sample"), stockEvidence("al2023")]);
});
beforeEach(async () => {
  const { account, region } = place;
  aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  aws.deploy(cdkOut);
});
afterEach(() => aws.close());

/** A node that is launched now. */
function starting(number: number, more: Partial<EmbeddedNode> = {}): EmbeddedNode {
  const launchedAt = new Date(aws.clock.now()).toISOString();
  return { ...node(number, { instance: { launchedAt }, behaviour: { prints: good } }), ...more };
}

function unregistered(number: number): EmbeddedNode {
  const { agent: _, ...rest } = starting(number);
  return rest;
}

/** Advances the time and processes the queue; returns the number of batches. */
async function pass(minutes: number): Promise<number> {
  aws.clock.advance(minutes * minute);
  return (await takeInProcess(aws, functionClients(aws), place)).length;
}

/** Messages in the queue of the events, or in its dead-letter queue. */
function messagesIn(name: "EventsQueue" | "EventsGivenUp") {
  return eventsQueue(aws, name).messages;
}

/** The record state and status of the node's finding by a rule; undefined when there is none. */
function stateOf(number: number, rule = "client-ca-file"): string | undefined {
  const finding = aws.findings().find(({ Id }) => Id.includes(`/${rule}/`) && Id.endsWith(`/${id(number)}`));
  return finding && `${finding.RecordState} ${finding.Compliance?.Status}`;
}

describe("a node that is launched", () => {
  test("is audited five minutes later and archived when it is terminated", async () => {
    aws.launch(starting(1));
    expect(await pass(4)).toBe(0);
    expect(await pass(1)).toBe(1);
    expect(stateOf(1)).toBe("ACTIVE PASSED");
    aws.terminate(id(1));
    await pass(5);
    expect([stateOf(1), messagesIn("EventsQueue")]).toEqual(["ARCHIVED PASSED", []]);
  });

  test("has its message returned to the queue until it is registered with SSM, and is then audited", async () => {
    const late = unregistered(1);
    aws.launch(late);
    await pass(5);
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual([undefined, 1]);
    Object.assign(late, { agent: node(1).agent });
    expect(await pass(2)).toBe(0);
    await pass(1);
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual(["ACTIVE PASSED", 0]);
  });

  test("has its message returned to the queue while EC2 still lists it as pending", async () => {
    const pending = starting(1);
    aws.launch(pending);
    Object.assign(pending.instance ?? {}, { state: "pending" });
    await pass(5);
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual([undefined, 1]);
    Object.assign(pending.instance ?? {}, { state: "running" });
    await pass(3);
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual(["ACTIVE PASSED", 0]);
  });

  test("is reported as not registered when it is 20 minutes old, and its message is deleted", async () => {
    aws.launch(unregistered(1));
    for (const minutes of [5, 3, 3, 3, 3]) await pass(minutes);
    expect(stateOf(1, "node-auditable")).toBeUndefined();
    await pass(3);
    expect(stateOf(1, "node-auditable")).toBe("ACTIVE FAILED");
    expect([messagesIn("EventsQueue"), messagesIn("EventsGivenUp")]).toEqual([[], []]);
  });

  test("gets no finding if it is terminated before its audit", async () => {
    aws.launch(starting(1));
    aws.terminate(id(1));
    await pass(5);
    expect([aws.findings(), messagesIn("EventsQueue")]).toEqual([[], []]);
  });
});

describe("events of instances:", () => {
  test("an event that is delivered again has no further effect", async () => {
    aws.launch(starting(1));
    const [message] = messagesIn("EventsQueue");
    if (message) messagesIn("EventsQueue").push({ ...message, id: "again" });
    await pass(5);
    const first = aws.findings();
    const sentAt = aws.clock.now();
    if (message) messagesIn("EventsQueue").push({ ...message, id: "much later", sentAt, visibleAt: sentAt });
    await pass(60);
    expect(aws.findings()).toEqual(first);
    expect(messagesIn("EventsQueue")).toEqual([]);
  });

  test("150 events of instances that are not EKS nodes cost one call to EC2", async () => {
    for (let number = 1; number <= 150; number++) aws.launch(starting(number, { tags: { Name: "database" } }));
    aws.resetCalls();
    await pass(5);
    expect(aws.calls()).toEqual({ "ec2:DescribeInstances": 1 });
    expect(messagesIn("EventsQueue")).toEqual([]);
  });

  test("the event of an EKS Auto Mode instance is dropped, because SSM cannot reach it", async () => {
    const instance = { launchedAt: new Date(aws.clock.now()).toISOString(), operator: "eks.amazonaws.com" };
    aws.launch(node(1, { instance }));
    aws.resetCalls();
    await pass(5);
    expect([aws.calls(), aws.findings(), messagesIn("EventsQueue")]).toEqual([{ "ec2:DescribeInstances": 1 }, [], []]);
  });

  test("60 events of nodes in a cluster outside EKS cost two calls", async () => {
    for (let number = 1; number <= 60; number++)
      aws.launch({ ...unregistered(number), tags: { "kubernetes.io/cluster/elsewhere": "owned" } });
    aws.resetCalls();
    await pass(5);
    expect([aws.findings(), messagesIn("EventsQueue")]).toEqual([[], []]);
    expect(aws.calls()).toEqual({ "ec2:DescribeInstances": 1, "eks:ListClusters": 1 });
  });

  test("an event is delivered again after 16 minutes if the function was throttled", async () => {
    aws.launch(starting(1));
    aws.faults.push({ operation: "lambda:Invoke" });
    expect(await pass(5)).toBe(0);
    expect(messagesIn("EventsQueue")).toHaveLength(1);
    expect(await pass(16)).toBe(1);
    expect(stateOf(1)).toBe("ACTIVE PASSED");
  });

  test("an event that cannot be parsed goes to the dead-letter queue, and the other events of its batch are processed", async () => {
    aws.launch(starting(1));
    const [message = expect.fail()] = messagesIn("EventsQueue");
    const foreign = JSON.stringify({ ...JSON.parse(message.body), account: "999988887777" });
    messagesIn("EventsQueue").push({ ...message, id: "poison", body: "{}" });
    messagesIn("EventsQueue").push({ ...message, id: "foreign", body: foreign });
    await pass(5);
    expect(stateOf(1)).toBe("ACTIVE PASSED");
    expect(messagesIn("EventsQueue")).toMatchObject([{ id: "poison" }]);
    for (let delivery = 2; delivery <= 12; delivery++) expect(await pass(3)).toBe(1);
    expect(await pass(3)).toBe(0);
    expect(messagesIn("EventsQueue")).toEqual([]);
    expect(messagesIn("EventsGivenUp")).toMatchObject([{ id: "poison" }]);
  });

  test("an event is delivered again three minutes later if the audit of its account-Region failed", async () => {
    aws.launch(starting(1));
    aws.faults.push({
      operation: "eks:ListClusters",
      times: 100,
      error: { code: "AccessDeniedException", status: 403 },
    });
    await pass(5);
    aws.faults.length = 0;
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual([undefined, 1]);
    await pass(3);
    expect([stateOf(1), messagesIn("EventsQueue").length]).toEqual(["ACTIVE PASSED", 0]);
  });
});
