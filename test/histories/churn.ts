import { audit } from "../../lambda/audit.ts";
import { limitsOf } from "../../lambda/run/deadline.ts";
import type { Finding } from "../../local-aws/asff.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { unthrottled } from "../../local-aws/traffic.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { untilHang } from "../kit/hang.ts";
import { id } from "../kit/nodes.ts";
import { eventsQueue, functionClients, responseOf, takePayload } from "../kit/take-events.ts";
import { cluster, node, place } from "../lambda/collect/site.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";
import { fewRules } from "./few-rules.ts";

const minute = 60_000;

/** Minutes from the launch of a node to its termination. The nodes have these values in turn. */
const lifetimes = [3, 12, 25, 30, 45, 50, 60, 90, 180];

/** Minutes from the launch of a node until its agent registers. The nodes have these values in turn. */
const registrations = [1, 2, 2, 3, 9];

/** Minutes between two polls of the queue. */
const betweenTakes = 5;

/** Minutes for which EC2 lists a terminated instance. Source: Amazon EC2 User Guide, "Terminate". */
const listedAfterEnd = 60;

/** Minutes at the end without further launches and terminations, in which the last messages are processed. */
const quiet = 30;

/** The events of a node, in minutes since the start of the simulation. */
interface Life {
  startsAt: number;
  registersAt: number;
  endsAt: number;
}

/**
 * Launches nodes at a constant rate, terminates them after their lifetimes and processes the messages. At the end there
 * is a scheduled run.
 */
export async function playChurn({ nodesPerHour, hours }: { nodesPerHour: number; hours: number }) {
  const evidence = await Promise.all([stockEvidence("al2023"), stockEvidence("al2023-dropin-bad")]);
  const { account, region } = place;
  const aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [] },
    pace: { timeoutSecond: 5, delivery: 5, consistency: 0 },
    rates: unthrottled,
  });
  aws.deploy(await cdkOutOf("sample"));
  const [config, clients] = [fewRules(aws), functionClients(aws)];
  const accepted = { pattern: { source: ["aws.securityhub"] }, matched: [] as object[] };
  aws.home.rules.push(accepted);
  const trouble: string[] = [];

  /** Minutes since the start. */
  let now = 0;
  const lives: Life[] = [];
  const launch = () => {
    const number = lives.length;
    const [prints = ""] = number % 7 === 0 ? evidence.slice(1) : evidence;
    const instance = { launchedAt: new Date(aws.clock.now()).toISOString() };
    const { agent: _, ...unregistered } = node(number, { instance, behaviour: { prints } });
    aws.launch(unregistered);
    const registersAt = now + (registrations[number % registrations.length] ?? 0);
    lives.push({ startsAt: now, registersAt, endsAt: now + (lifetimes[number % lifetimes.length] ?? 0) });
  };
  const live = (isQuiet: boolean) => {
    while (!isQuiet && lives.length < ((now + 1) * nodesPerHour) / 60) launch();
    for (const [number, { registersAt, endsAt }] of lives.entries()) {
      if (registersAt === now && endsAt > now) Object.assign(aws.node(id(number)), { agent: node(0).agent });
      if (endsAt === now && !isQuiet) aws.terminate(id(number));
      if (endsAt + listedAfterEnd === now) aws.home.nodes = aws.home.nodes.filter((each) => each.id !== id(number));
    }
  };
  const take = async (payload: unknown) => {
    const taken = await takePayload(payload, { aws, clients, place, config });
    trouble.push(...taken.trouble.map(String));
    return responseOf(taken);
  };
  const run = async () => {
    const scheduled = { id: "run", place, now: aws.clock.now, ...limitsOf(untilHang()) };
    const { summary, trouble: errors } = await audit(clients, config, scheduled);
    trouble.push(...errors.map(String));
    return summary;
  };

  for (; now < hours * 60 + quiet; now++) {
    aws.clock.advance(minute);
    live(now >= hours * 60);
    if (now % betweenTakes === 0) await aws.pollQueue(take);
  }
  const [imports, { imported }] = [importsIn(accepted.matched), await run()];
  const published = active(aws.findings());

  // For comparison: a run at the same time, without earlier findings and ledgers.
  aws.home.findings.clear();
  for (const { objects } of aws.home.buckets.values()) objects.clear();
  await run();
  const control = active(aws.findings());
  const givenUp = eventsQueue(aws, "EventsGivenUp").messages.length;
  await aws.close();
  return { lives, imports, imported, published, control, trouble, givenUp };
}

/** The record states of each finding's imports, in order, by instance id and rule. */
function importsIn(events: readonly object[]): Map<string, string[]> {
  const imports = new Map<string, string[]>();
  for (const event of events as { detail: { findings: Finding[] } }[])
    for (const { Id, RecordState = "" } of event.detail.findings)
      imports.set(Id, [...(imports.get(Id) ?? []), RecordState]);
  return imports;
}

/** The contents of the active findings, without the times of the run. */
function active(findings: readonly Finding[]): object[] {
  return findings
    .filter(({ RecordState }) => RecordState === "ACTIVE")
    .map(({ UpdatedAt: _, ...content }) => content)
    .sort((one, other) => (one.Id < other.Id ? -1 : 1));
}
