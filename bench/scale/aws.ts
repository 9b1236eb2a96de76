/** Process with the embedded AWS of the benchmark. */
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { answerTime, rateOf } from "./aws-times.ts";
import { installLightServices, LightSecurityHub } from "./light-services.ts";
import { type Settings, syntheticClusters, syntheticNodes } from "./synthetic-nodes.ts";

export type ToAws = { start: Settings } | { replace: number } | { count: true } | { forget: true };

export interface FromAws {
  /** Environment variables for clients of this AWS. */
  environment: Record<string, string>;
  /** Requests by operation since the previous message. */
  calls: Record<string, number>;
  /** Time at which most findings had been accepted, epoch milliseconds. */
  mostAccepted?: number;
}

/** Share of the findings that counts as "most": all findings except those of a few nodes. */
const most = 0.95;

process.on("message", (message: ToAws) => void answer(message));
// Ends this process with the benchmark, even if the benchmark crashes.
process.once("disconnect", () => process.exit());

const hub = new LightSecurityHub();
installLightServices(hub);
let aws: LocalAws;
let settings: Settings;

async function answer(message: ToAws): Promise<void> {
  if ("start" in message) {
    settings = message.start;
    aws = await open();
  }
  if ("replace" in message) replace(message.replace);
  if ("forget" in message) hub.forget();
  const accepted = hub.take();
  const mostAccepted = accepted[Math.floor(accepted.length * most)];
  const reply: FromAws = {
    environment: aws.environment(),
    calls: aws.calls(),
    ...(mostAccepted !== undefined && { mostAccepted }),
  };
  aws.resetCalls();
  aws.home.commands.clear();
  process.send?.(reply);
}

async function open(): Promise<LocalAws> {
  const opened = await startLocalAws({
    home: {
      account: "111122223333",
      region: "us-east-1",
      securityHub: true,
      clusters: syntheticClusters(settings),
      nodes: syntheticNodes(settings),
    },
    rates: { ssm: rateOf(settings.ssmRate) },
    pace: { delivery: answerTime, consistency: 200, timeoutSecond: 1000 },
  });
  if (settings.troubles.includes("throttled-imports"))
    opened.faults.push({
      operation: "securityhub:BatchImportFindings",
      error: "throttled",
      times: Number.POSITIVE_INFINITY,
    });
  opened.home.buckets.set("ledgers", { versioned: false, objects: new Map() });
  return opened;
}

/** Replaces `count` nodes by new ones in the same clusters. */
function replace(count: number): void {
  const others = syntheticNodes(settings, settings.nodes);
  aws.home.nodes = [...others.slice(0, count), ...aws.home.nodes.slice(count)];
}
