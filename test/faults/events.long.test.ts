import { beforeAll, expect, test } from "vitest";
import { audit } from "../../lambda/audit.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { type Fault, unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { longHang, untilHang } from "../kit/hang.ts";
import { id } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { configOf, eventsQueue, functionClients, takeInProcess } from "../kit/take-events.ts";
import { cluster, node, place } from "../lambda/collect/site.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";

simulateTime();

const minute = 60_000;

/** Every call that an invocation with events makes. */
const operations = [
  ...["ec2:DescribeInstances", "eks:ListClusters", "eks:DescribeCluster", "ssm:DescribeInstanceInformation"],
  ...["ssm:DescribeDocument", "ssm:GetDocument", "ssm:SendCommand", "ssm:ListCommands", "ssm:ListCommandInvocations"],
  ...["s3:GetObject", "s3:PutObject", "securityhub:BatchImportFindings", "securityhub:GetFindings"],
  "sqs:ChangeMessageVisibilityBatch",
];

const always = { times: 1_000 };
const denied = { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" };
const ways: readonly [string, Omit<Fault, "operation">][] = [
  ["is throttled once", { error: "throttled" }],
  ["is always throttled", { error: "throttled", ...always }],
  ["fails with 500", { error: { code: "InternalServerError", status: 500 }, ...always }],
  ["is denied", { error: denied, ...always }],
  ["is denied the second time", { error: denied, after: 1, ...always }],
  ["loses the connection before AWS executes it", { dropConnection: "before" }],
  ["loses the connection after AWS executed it", { dropConnection: "after" }],
  ["always loses the connection after AWS executed it", { dropConnection: "after", ...always }],
  ["returns empty pages", { page: "empty", ...always }],
];

/** What happens to the first node of the batch. The second node just runs. */
const lives = ["starts", "ends", "registers late"] as const;

let [cdkOut, prints] = ["", ""];
beforeAll(async () => {
  [cdkOut, prints] = await Promise.all([cdkOutOf("sample"), stockEvidence("al2023")]);
});

/**
 * Runs an invocation with the fault, two invocations without a fault and a scheduled run. Returns a sentence for each
 * wrong result.
 */
async function wrongAfter(fault: Fault, life: (typeof lives)[number]): Promise<string[]> {
  const { account, region } = place;
  const aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  try {
    aws.deploy(cdkOut);
    const passing = async (minutes: number) => {
      aws.clock.advance(minutes * minute);
      await takeInProcess(aws, functionClients(aws), place);
    };
    const instance = { launchedAt: new Date(aws.clock.now()).toISOString() };
    const { agent, ...unregistered } = node(1, { instance, behaviour: { prints } });
    aws.launch(node(2, { instance, behaviour: { prints } }));
    aws.launch(life === "registers late" ? unregistered : { ...unregistered, ...(agent && { agent }) });
    if (life === "ends") {
      await passing(5);
      aws.terminate(id(1));
    }
    // A node to which IAM denies the command has findings with this reason, as after a scheduled run.
    const isReported = fault.operation === "ssm:SendCommand" && fault.error === denied && fault.after === undefined;
    aws.faults.push(fault);
    await passing(5);
    aws.faults.length = 0;
    if (life === "registers late") Object.assign(aws.node(id(1)), { agent });
    await passing(3);
    // If the function could not return a message, the queue delivers it after its own visibility timeout.
    await passing(91);
    const run = { id: "run", place, now: aws.clock.now, ...limitsOf(untilHang()) };
    const { summary, trouble } = await audit(functionClients(aws), configOf(aws), run);
    const corrected = summary.imported - summary.sent.refresh;
    const [left, givenUp] = [eventsQueue(aws), eventsQueue(aws, "EventsGivenUp")].map(
      ({ messages }) => messages.length,
    );
    return [
      ...trouble.map(String),
      ...(corrected > 0 && !isReported ? [`the scheduled run corrects ${corrected} findings`] : []),
      ...(left || givenUp ? [`${left} messages remain, and ${givenUp} are in the dead-letter queue`] : []),
    ];
  } finally {
    await aws.close();
  }
}

test.each(lives)(
  "if a call fails in an invocation for a node that %s, two more invocations leave nothing for the scheduled run to correct",
  async (life) => {
    const wrong: string[] = [];
    for (const operation of operations)
      for (const [way, fault] of ways)
        for (const each of await wrongAfter({ operation, ...fault }, life)) wrong.push(`${operation} ${way}: ${each}`);
    expect(wrong).toEqual([]);
  },
  longHang,
);
