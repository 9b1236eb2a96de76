import { afterAll, beforeAll, expect, test } from "vitest";
import type { Invoked } from "../../../local-aws/lambda.ts";
import { type LocalAws, startLocalAws } from "../../../local-aws/server.ts";
import { unthrottled } from "../../../local-aws/traffic.ts";
import { cdkOutOf } from "../../kit/cdk-out.ts";
import { id } from "../../kit/nodes.ts";
import { eventsQueue } from "../../kit/take-events.ts";
import { cluster, node, place } from "../collect/site.ts";
import { stockEvidence } from "../stock-evidence.ts";

const minute = 60_000;
let aws: LocalAws;
let behaviour: { prints: string };

beforeAll(async () => {
  const { account, region } = place;
  behaviour = { prints: await stockEvidence("al2023") };
  aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [node(9, { behaviour })] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  aws.deploy(await cdkOutOf("sample"));
});
afterAll(() => aws.close());

/** Advances the time and lets the deployed function process the queue. */
async function pass(minutes: number): Promise<Invoked[]> {
  aws.clock.advance(minutes * minute);
  const invoked = await aws.pollQueue();
  for (const { error, log } of invoked) if (error) throw new Error(`${error.errorMessage}\n${log.join("\n")}`);
  return invoked;
}

/** The record state and status of the new node's finding; undefined when there is none. */
function state(): string | undefined {
  const finding = aws.findings().find(({ Id }) => Id.includes("/client-ca-file/") && Id.endsWith(`/${id(1)}`));
  return finding && `${finding.RecordState} ${finding.Compliance?.Status}`;
}

test("the deployed function audits a node after its launch and archives it after its end, and the next run sends nothing", async () => {
  expect((await aws.fireSchedule()).error).toBeUndefined();
  const launchedAt = new Date(aws.clock.now()).toISOString();
  aws.launch(node(1, { instance: { launchedAt }, behaviour }));
  expect(await pass(4)).toEqual([]);
  const [audited, ...others] = await pass(1);
  expect([state(), others]).toEqual(["ACTIVE PASSED", []]);

  const lines = (audited?.log ?? []).filter((line) => line.includes("CloudWatchMetrics"));
  const [metrics, ...more] = lines.map((line) => JSON.parse(line));
  expect(more).toEqual([]);
  expect(metrics).toMatchObject({ MinutesToFirstVerdict: expect.closeTo(5, 0) });
  // Only whole runs print this metric.
  expect(metrics).not.toHaveProperty("Nodes");

  const { result, error } = await aws.fireSchedule();
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ imported: 0, nodes: { total: 2, audited: 2 } });

  aws.terminate(id(1));
  await pass(5);
  expect([state(), eventsQueue(aws).messages]).toEqual(["ARCHIVED PASSED", []]);
});

test("the log line about events contains the problem of a ledger that the function rebuilt", async () => {
  for (const { objects } of aws.home.buckets.values())
    for (const [key, versions] of objects) {
      const [newest] = versions.slice(-1);
      if (newest && key.startsWith("ledgers/")) versions.push({ ...newest, body: Buffer.of(), etag: '"damaged"' });
    }
  aws.launch(node(2, { instance: { launchedAt: new Date(aws.clock.now()).toISOString() }, behaviour }));
  const [invoked] = await pass(5);
  const lines = (invoked?.log ?? []).map((line) => JSON.parse(line)).filter(({ message }) => message === "events");
  expect(lines).toMatchObject([{ nodes: 1, problems: [expect.stringContaining("was rebuilt")] }]);
});
