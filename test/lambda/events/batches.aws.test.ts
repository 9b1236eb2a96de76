import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Clients } from "../../../lambda/aws/clients.ts";
import type { Taken } from "../../../lambda/events/take.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { id, managed } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { eventsQueue, functionClients, takeInProcess } from "../../kit/take-events.ts";
import { usualRules } from "../../kit/usual-rules.ts";
import { cluster, node, place } from "../collect/site.ts";
import { stockEvidence } from "../stock-evidence.ts";

simulateTime();

const minute = 60_000;
let cdkOut = "";
let good = "";
let aws: LocalAws;
let clients: Clients;

beforeAll(async () => {
  [cdkOut, good] = await Promise.all([cdkOutOf("sample"), stockEvidence("al2023")]);
});
beforeEach(async () => {
  const { account, region } = place;
  aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod"), cluster("dev")], nodes: [] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  aws.deploy(cdkOut);
  clients = functionClients(aws);
});
afterEach(() => aws.close());

/** Launches the nodes with the numbers from `from` to `to`. */
function launch(from: number, to: number, name = "prod"): void {
  const launchedAt = new Date(aws.clock.now()).toISOString();
  for (let number = from; number <= to; number++)
    aws.launch(node(number, { tags: managed(name), instance: { launchedAt }, behaviour: { prints: good } }));
}

/** Advances the time and processes the visible messages. Returns the result of the only batch. */
async function take(minutes = 5): Promise<Taken> {
  aws.clock.advance(minutes * minute);
  const [batch = expect.fail("there was no visible message"), ...others] = await takeInProcess(aws, clients, place);
  expect(others).toEqual([]);
  return batch;
}

/** The instances of the messages in the queue. */
function waiting(): string[] {
  return eventsQueue(aws)
    .messages.map(({ body }) => JSON.parse(body).detail["instance-id"])
    .sort();
}

/** The instances whose findings are all ACTIVE. */
function audited(): string[] {
  const active = aws.findings().filter(({ RecordState }) => RecordState === "ACTIVE");
  const byNode = Map.groupBy(active, ({ Id }) => Id.split("/").at(-1) ?? "");
  return [...byNode].flatMap(([instanceId, { length }]) => (length === usualRules.length ? instanceId : [])).sort();
}

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => id(from + index));
const denied = { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" };

describe("only the messages of unfinished nodes return to the queue if a batch fails half way", () => {
  /**
   * Processes a batch with a fault, then the returned messages without the fault. Returns the nodes of the returned
   * messages.
   */
  async function returnedOf(all: readonly string[]): Promise<string[]> {
    const { trouble } = await take();
    expect(trouble.length).toBeGreaterThan(0);
    const returned = waiting();
    const without = all.filter((each) => !audited().includes(each));
    expect(returned).toEqual(expect.arrayContaining(without));
    aws.faults.length = 0;
    expect((await take(3)).trouble).toEqual([]);
    expect([audited(), waiting()]).toEqual([all, []]);
    return returned;
  }

  test("because Security Hub rejects one of several imports", async () => {
    launch(1, 10);
    aws.faults.push({ operation: "securityhub:BatchImportFindings", error: denied });
    // One import of at most 100 findings contains the findings of six or seven nodes.
    expect([6, 7]).toContain((await returnedOf(ids(1, 10))).length);
  });

  test.each([
    ["EKS does not describe", "eks:DescribeCluster"],
    ["the run cannot write the ledger of", "s3:PutObject"],
  ])("because %s one of two clusters", async (_, operation) => {
    launch(1, 2, "prod");
    launch(3, 4, "dev");
    aws.faults.push({ operation, error: denied });
    expect([ids(1, 2), ids(3, 4)]).toContainEqual(await returnedOf(ids(1, 4)));
  });
});

test("the message of a node to which no command could be sent returns to the queue, although the node has findings", async () => {
  launch(1, 60);
  aws.faults.push({ operation: "ssm:SendCommand", error: { code: "InternalServerError", status: 500 }, times: 8 });
  await take();
  const unread = aws.findings().filter(({ Compliance }) => Compliance?.StatusReasons?.[0]?.ReasonCode === "NO_REPLY");
  expect(waiting()).toEqual([...new Set(unread.map(({ Id }) => Id.split("/").at(-1)))].sort());
  aws.faults.length = 0;
  if (waiting().length > 0) await take(3);
  expect([audited(), waiting()]).toEqual([ids(1, 60), []]);
});

test("deletes the message of a node whose command hangs, because the node has a finding with the reason", async () => {
  launch(1, 1);
  Object.assign(aws.node(id(1)), { behaviour: "hangs" });
  await take();
  expect([audited(), waiting()]).toEqual([[id(1)], []]);
});

test("the next batch archives the findings of a terminated node if the ledger could not be written", async () => {
  launch(1, 1);
  await take();
  aws.terminate(id(1));
  aws.faults.push({ operation: "s3:PutObject", error: denied, times: 10 });
  await take();
  expect([audited(), waiting()]).toEqual([[id(1)], [id(1), id(1)]]);
  aws.faults.length = 0;
  await take(3);
  expect([audited(), waiting()]).toEqual([[], []]);
});

describe("events of instances:", () => {
  const change = (how: (event: { account: string; region: string; detail: object }) => void) => {
    for (const message of eventsQueue(aws).messages) {
      const event = JSON.parse(message.body);
      how(event);
      message.body = JSON.stringify(event);
    }
  };

  test.each<[string, { account?: string; region?: string }]>([
    ["another account", { account: "999988887777" }],
    ["another Region", { region: "eu-central-1" }],
  ])("an event of %s is dropped without a call to AWS", async (_, other) => {
    launch(1, 1);
    change((event) => Object.assign(event, other));
    aws.resetCalls();
    expect(await take()).toMatchObject({ foreign: 1, nodes: 0, returned: [], trouble: [] });
    expect([aws.calls(), waiting()]).toEqual([{}, []]);
  });

  test("an event with the state terminated changes nothing for an instance that runs", async () => {
    launch(1, 1);
    await take();
    const before = aws.findings();
    aws.terminate(id(1));
    change((event) => Object.assign(event.detail, { state: "terminated" }));
    const revived = aws.node(id(1));
    Object.assign(revived, { agent: node(1).agent, instance: { ...revived.instance, state: "running" } });
    await take();
    expect([aws.findings(), waiting()]).toEqual([before, []]);
  });

  test("an event with the state running archives the findings of an instance that is terminated", async () => {
    launch(1, 1);
    await take();
    aws.terminate(id(1));
    change((event) => Object.assign(event.detail, { state: "running" }));
    await take();
    expect([audited(), waiting()]).toEqual([[], []]);
  });

  test("an event that cannot be parsed returns to the queue, and the error names its message", async () => {
    launch(1, 2);
    const [message = expect.fail()] = eventsQueue(aws).messages;
    message.body = message.body.replace("aws.ec2", "aws.autoscaling");
    const { returned, trouble } = await take();
    expect(returned).toMatchObject([{ messageId: message.id }]);
    const named = `1 message that cannot be read as a state change of an EC2 instance, for example ${message.id}`;
    expect(trouble.map(String)).toEqual([expect.stringContaining(named)]);
    expect(audited()).toEqual([id(2)]);
  });

  test("an event of an instance that does not exist is dropped after one call", async () => {
    launch(1, 1);
    aws.home.nodes.length = 0;
    aws.resetCalls();
    expect(await take()).toMatchObject({ nodes: 0, returned: [], trouble: [] });
    expect(aws.calls()).toEqual({ "ec2:DescribeInstances": 1 });
  });
});

describe("a node in a cluster that the settings exclude", () => {
  const taking = { isAudited: (name: string) => name !== "dev" };

  test("is not audited, and its event costs one call", async () => {
    launch(1, 1, "dev");
    aws.clock.advance(5 * minute);
    aws.resetCalls();
    expect(await takeInProcess(aws, clients, place, taking)).toMatchObject([{ nodes: 0, returned: [], trouble: [] }]);
    expect([aws.calls(), aws.findings(), waiting()]).toEqual([{ "ec2:DescribeInstances": 1 }, [], []]);
  });

  test("does not keep another node of its batch from being audited", async () => {
    launch(1, 1, "dev");
    launch(2, 2, "prod");
    aws.clock.advance(5 * minute);
    await takeInProcess(aws, clients, place, taking);
    expect([audited(), waiting()]).toEqual([[id(2)], []]);
  });

  test("keeps its findings until the scheduled run if it is terminated after the cluster was excluded", async () => {
    launch(1, 1, "dev");
    await take();
    aws.terminate(id(1));
    aws.clock.advance(5 * minute);
    await takeInProcess(aws, clients, place, taking);
    expect([audited(), waiting()]).toEqual([[id(1)], []]);
  });
});

test("messages return to the queue without another call if the function has no time left when it receives them", async () => {
  launch(1, 3);
  aws.clock.advance(5 * minute);
  aws.resetCalls();
  const [taken] = await takeInProcess(aws, clients, place, { until: Date.now() });
  expect([taken?.returned.length, taken?.trouble]).toEqual([3, []]);
  expect(aws.calls()).toEqual({ "sqs:ChangeMessageVisibilityBatch": 1 });
  await take(3);
  expect(audited()).toEqual(ids(1, 3));
});
