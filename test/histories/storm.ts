import type { Clients } from "../../lambda/aws/clients.ts";
import { partOfRates } from "../../lambda/events/take.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { configOf, eventsQueue, functionClients, responseOf, takePayload } from "../kit/take-events.ts";
import { cluster, node, place } from "../lambda/collect/site.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";
import { fewRules } from "./few-rules.ts";

const minute = 60_000;

/** Milliseconds of the mapping's batching window. */
const window = 30_000;

interface Storm {
  /** Number of nodes that start within ten minutes. */
  nodes: number;
  /** Minutes until the mapping polls the queue for the first time. Default: 0. */
  takenFrom?: number;
  /** All usual rules judge the nodes. Default: two of them. */
  isFull?: boolean;
}

/**
 * Starts the nodes within ten minutes, and processes the messages in two containers of the function. Each container
 * limits its own request rates.
 */
export async function playStorm({ nodes, takenFrom = 0, isFull = false }: Storm) {
  const [cdkOut, prints] = await Promise.all([cdkOutOf("sample"), stockEvidence("al2023")]);
  const { account, region } = place;
  const aws = await startLocalAws({
    home: { account, region, securityHub: true, clusters: [cluster("prod")], nodes: [] },
    pace: { timeoutSecond: 1_000, delivery: 2_000, consistency: 0 },
  });
  aws.deploy(cdkOut);
  const config = isFull ? configOf(aws) : fewRules(aws);
  const start = aws.clock.now();
  const passed = () => (aws.clock.now() - start) / minute;
  let launched = 0;
  const launch = () => {
    for (; launched < Math.min(nodes, (nodes * passed()) / 10); launched++)
      aws.launch(
        node(launched, { instance: { launchedAt: new Date(aws.clock.now()).toISOString() }, behaviour: { prints } }),
      );
  };

  const containers: Clients[] = [functionClients(aws, partOfRates), functionClients(aws, partOfRates)];
  let [invocations, mostAtOnce] = [0, 0];
  const trouble: string[] = [];
  const take = async (payload: unknown) => {
    const clients = containers.pop();
    if (!clients) throw new Error("more than two invocations at the same time");
    invocations += 1;
    mostAtOnce = Math.max(mostAtOnce, 2 - containers.length);
    const taken = await takePayload(payload, { aws, clients, place, config });
    trouble.push(...taken.trouble.map(String));
    containers.push(clients);
    return responseOf(taken);
  };
  while (launched < nodes || eventsQueue(aws).messages.length > 0) {
    aws.clock.advance(window);
    launch();
    if (passed() >= takenFrom) await aws.pollQueue(take);
  }

  const states = Map.groupBy(aws.findings(), ({ RecordState, Compliance }) => `${RecordState} ${Compliance?.Status}`);
  const outcome = {
    findings: Object.fromEntries([...states].map(([state, findings]) => [state, findings.length])),
    minutes: passed(),
    ...{ invocations, mostAtOnce, trouble },
    givenUp: eventsQueue(aws, "EventsGivenUp").messages.length,
    throttled: aws.throttled(),
    calls: aws.calls(),
  };
  await aws.close();
  return outcome;
}
