import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { audit } from "../../../lambda/audit.ts";
import type { Clients } from "../../../lambda/aws/clients.ts";
import { limitsOf } from "../../../lambda/run/deadline.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { untilHang } from "../../kit/hang.ts";
import { id } from "../../kit/nodes.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { configOf, eventsQueue, functionClients, takeInProcess } from "../../kit/take-events.ts";
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
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  aws.deploy(cdkOut);
  clients = functionClients(aws);
  launch(1);
  await takeMessages();
});
afterEach(() => aws.close());

function launch(number: number): void {
  const launchedAt = new Date(aws.clock.now()).toISOString();
  aws.launch(node(number, { instance: { launchedAt }, behaviour: { prints: good } }));
}

async function takeMessages(): Promise<void> {
  aws.clock.advance(5 * minute);
  await takeInProcess(aws, clients, place);
}

/** A scheduled run. `meanwhile` is called after the run has listed all nodes and before it reads their evidence. */
async function run(meanwhile = async () => {}) {
  aws.clock.advance(minute);
  let isListed = Promise.resolve();
  const send = (command: object, ...rest: object[]) => {
    if (command.constructor.name === "SendCommandCommand") isListed = meanwhile();
    return isListed.then(() => (clients.ssm.send as (...parts: object[]) => Promise<unknown>)(command, ...rest));
  };
  const ssm = Object.create(clients.ssm, { send: { value: send } });
  const limits = limitsOf(untilHang());
  const { summary } = await audit({ ...clients, ssm }, configOf(aws), {
    id: "run",
    place,
    now: aws.clock.now,
    ...limits,
  });
  return summary;
}

/** The record states of a node's findings, without duplicates. */
function statesOf(number: number): string[] {
  const ofNode = aws.findings().filter(({ Id }) => Id.endsWith(`/${id(number)}`));
  return [...new Set(ofNode.map(({ RecordState = "" }) => RecordState))];
}

test("a scheduled run keeps the findings of a node that starts and is audited while the run is under way", async () => {
  await run(async () => {
    launch(2);
    await takeMessages();
    expect(statesOf(2)).toEqual(["ACTIVE"]);
  });
  expect(statesOf(2)).toEqual(["ACTIVE"]);
  expect(await run()).toMatchObject({ imported: 0, nodes: { audited: 2 } });
});

test("a scheduled run keeps findings archived if their node ends while the run is under way", async () => {
  launch(2);
  await takeMessages();
  await run(async () => {
    aws.terminate(id(2));
    await takeMessages();
    expect(statesOf(2)).toEqual(["ARCHIVED"]);
  });
  expect(statesOf(2)).toEqual(["ARCHIVED"]);
  expect(await run()).toMatchObject({ imported: 0, nodes: { audited: 1 } });
});

test("a batch keeps findings archived if their node ends while EC2's reply about it is under way", async () => {
  launch(2);
  const { messages } = eventsQueue(aws);
  const [message = expect.fail()] = messages;
  await takeMessages();
  expect(statesOf(2)).toEqual(["ACTIVE"]);
  aws.clock.advance(25 * minute);
  eventsQueue(aws).messages.push({ ...message, id: "again", sentAt: aws.clock.now(), visibleAt: aws.clock.now() });
  const slow = async (command: object, ...rest: object[]) => {
    const reply = await (clients.ec2.send as (...parts: object[]) => Promise<unknown>)(command, ...rest);
    aws.terminate(id(2));
    aws.clock.advance(5 * minute);
    await takeInProcess(aws, clients, place);
    expect(statesOf(2)).toEqual(["ARCHIVED"]);
    return reply;
  };
  await takeInProcess(aws, { ...clients, ec2: Object.create(clients.ec2, { send: { value: slow } }) }, place);
  expect(statesOf(2)).toEqual(["ARCHIVED"]);
});

test("a scheduled run and a batch that write the same ledger at the same time keep both changes", async () => {
  for (const number of [2, 3, 4]) launch(number);
  aws.terminate(id(1));
  aws.clock.advance(5 * minute);
  await Promise.all([run(), takeInProcess(aws, clients, place)]);
  expect([1, 2, 3, 4].map((number) => statesOf(number))).toEqual([["ARCHIVED"], ["ACTIVE"], ["ACTIVE"], ["ACTIVE"]]);
  expect(await run()).toMatchObject({ imported: 0, problems: [] });
});

test("a message that becomes visible again during its run is processed twice, with the same findings as once", async () => {
  launch(2);
  const queue = eventsQueue(aws);
  queue.visibilitySeconds = 0;
  aws.clock.advance(5 * minute);
  await Promise.all([takeInProcess(aws, clients, place), takeInProcess(aws, clients, place)]);
  expect([statesOf(2), queue.messages]).toEqual([["ACTIVE"], []]);
  expect(await run()).toMatchObject({ imported: 0, problems: [] });
});
