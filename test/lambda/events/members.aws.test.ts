import { afterAll, beforeAll, expect, test } from "vitest";
import type { Hub } from "../../../local-aws/hub.ts";
import { hubRegion, memberRegions, sampleOrganization } from "../../../local-aws/sample-organization.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { eventsQueue } from "../../kit/take-events.ts";
import { printing } from "../stock-evidence.ts";

let aws: LocalAws;
let hub: Hub;
const shop = "444455556666";
const id = "i-0fedcba9876543210";
const place = () => aws.at(shop, "eu-central-1");

beforeAll(async () => {
  aws = await startLocalAws({
    home: hubRegion(),
    others: await Promise.all(memberRegions().map(printing)),
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    organization: sampleOrganization(),
    rates: unthrottled,
  });
  hub = aws.deployHub(await cdkOutOf("organization"));
});
afterAll(() => aws.close());

/** Advances the time by five minutes and lets the hub process the queue. */
async function pass() {
  aws.clock.advance(300_000);
  for (const { error, log } of await hub.pollQueue())
    if (error) throw new Error(`${error.errorMessage}\n${log.join("\n")}`);
}

function statesOfNode(): string[] {
  const ofNode = aws.findings(place()).filter(({ Id }) => Id.endsWith(`/${id}`));
  return [...new Set(ofNode.map(({ RecordState = "" }) => RecordState))];
}

test("the hub audits a member's node after its start and archives it after its end, in the member's Region", async () => {
  const [model = expect.fail()] = place().nodes;
  const instance = { ...(model.instance ?? expect.fail()), launchedAt: new Date(aws.clock.now()).toISOString() };
  aws.launch({ ...model, id, instance }, place());
  await pass();
  expect(statesOfNode()).toEqual(["ACTIVE"]);
  aws.terminate(id, place());
  await pass();
  expect(statesOfNode()).toEqual(["ARCHIVED"]);
});

test("the failure of one account-Region does not affect the nodes of another in the same batch", async () => {
  const ids = ["i-0123456789abcdef2", "i-0123456789abcdef3"];
  for (const [index, each] of [place(), aws.at("111122223333", "us-east-1")].entries()) {
    const [model = expect.fail()] = each.nodes.filter(({ agent, tags }) => agent && tags["eks:cluster-name"]);
    const launchedAt = new Date(aws.clock.now()).toISOString();
    aws.launch(
      { ...model, id: ids[index] ?? "", instance: { ...(model.instance ?? expect.fail()), launchedAt } },
      each,
    );
  }
  const error = { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" };
  aws.faults.push({ operation: "eks:ListClusters", region: "eu-central-1", times: 10, error });
  await pass();
  aws.faults.length = 0;
  expect(aws.findings(aws.at("111122223333", "us-east-1")).some(({ Id }) => Id.endsWith(`/${ids[1]}`))).toBe(true);
  expect(eventsQueue(aws).messages.map(({ body }) => JSON.parse(body).detail["instance-id"])).toEqual([ids[0]]);
  await pass();
  expect(aws.findings(place()).some(({ Id }) => Id.endsWith(`/${ids[0]}`))).toBe(true);
});

test("an account outside the organization cannot send events to the hub", async () => {
  const stranger = aws.at("999900001111", "eu-central-1");
  stranger.rules.push(...place().rules);
  const [model = expect.fail()] = place().nodes;
  aws.launch({ ...model, id: "i-0123456789abcdef0" }, stranger);
  aws.clock.advance(300_000);
  expect(await hub.pollQueue()).toEqual([]);
});

test("an event is dropped and does not return if the hub may not assume the role in its account", async () => {
  const [model = expect.fail()] = place().nodes;
  aws.launch({ ...model, id: "i-0123456789abcdef1" }, place());
  const { messages } = eventsQueue(aws);
  for (const message of messages) message.body = message.body.replaceAll(shop, "121212121212");
  expect(messages).toHaveLength(1);
  aws.clock.advance(300_000);
  const [{ result, log = [] } = {}] = await hub.pollQueue();
  expect(result).toEqual({ batchItemFailures: [] });
  expect(log.find((line) => line.includes('"message":"events"'))).toContain('"foreign":1');
  expect(eventsQueue(aws).messages).toEqual([]);
});

test("a member's role for events can only send events to the hub's bus, and needs this permission", () => {
  const role = aws.memberRole(`arn:aws:iam::${shop}:role/EksKubeletAuditorMemberEvents`) ?? expect.fail();
  expect(role.permissions.map(({ action, resource, neededBy }) => [action, resource, neededBy.size > 0])).toEqual([
    ["events:PutEvents", hub.outputs.EventBus, true],
  ]);
});
