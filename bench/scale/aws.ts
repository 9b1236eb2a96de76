/** The embedded AWS of the benchmark, in a process of its own: holds a synthetic fleet, and forgets what findings say. */
import type { StoredFinding } from "../../local-aws/holdings.ts";
import { type LocalAws, startLocalAws } from "../../local-aws/server.ts";
import { answerTime, rateOf } from "./aws-times.ts";
import { type Settings, syntheticClusters, syntheticNodes } from "./synthetic-fleet.ts";

/** Findings of large fleets would take gigabytes; what the second run imports is decided by the ledger. */
class Forgetful extends Map<string, StoredFinding> {
  override set(): this {
    return this;
  }
}

export type ToAws = { start: Settings } | { replace: number } | { count: true };

export interface FromAws {
  /** What reaches this AWS. */
  environment: Record<string, string>;
  /** By IAM action, since the message before. */
  calls: Record<string, number>;
}

process.on("message", (message: ToAws) => void answer(message));
// Nobody is left to ask anything, however the benchmark came to its end.
process.once("disconnect", () => process.exit());

let aws: LocalAws;
let settings: Settings;

async function answer(message: ToAws): Promise<void> {
  if ("start" in message) {
    settings = message.start;
    aws = await open();
  }
  if ("replace" in message) replace(message.replace);
  const told: FromAws = { environment: aws.environment(), calls: aws.calls() };
  aws.resetCalls();
  aws.fleet.commands.clear();
  process.send?.(told);
}

async function open(): Promise<LocalAws> {
  const opened = await startLocalAws({
    fleet: {
      account: "111122223333",
      region: "us-east-1",
      securityHub: true,
      clusters: syntheticClusters(settings),
      nodes: syntheticNodes(settings),
    },
    rates: { ssm: rateOf(settings.ssmRate) },
    pace: { delivery: answerTime, consistency: 200, timeoutSecond: 1000 },
  });
  opened.fleet.findings = new Forgetful();
  opened.fleet.buckets.set("ledgers", { versioned: false, objects: new Map() });
  return opened;
}

/** So many nodes leave, and as many others join their clusters. */
function replace(count: number): void {
  const others = syntheticNodes(settings, settings.nodes);
  aws.fleet.nodes = [...others.slice(0, count), ...aws.fleet.nodes.slice(count)];
}
