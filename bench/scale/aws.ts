/** The embedded AWS of the benchmark, in a process of its own: holds a synthetic fleet, and forgets what findings say. */

import type { StoredFinding } from "../../local-aws/findings.ts";
import type { FleetNode } from "../../local-aws/fleet.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { answerTime } from "./aws-times.ts";
import { type Settings, syntheticClusters, syntheticNodes } from "./synthetic-fleet.ts";

/** Findings of large fleets would take gigabytes; what the second run imports is decided by the ledger. */
class Forgetful extends Map<string, StoredFinding> {
  override set(): this {
    return this;
  }
}

export type FromAws = { environment: Record<string, string> } | { calls: Record<string, number> };
export type ToAws = { start: Settings } | { replace: number } | { count: true };

process.on("message", (message: ToAws) => void answer(message));

let aws: Awaited<ReturnType<typeof startLocalAws>> | undefined;
let settings: Settings;

async function answer(message: ToAws): Promise<void> {
  if ("start" in message) {
    settings = message.start;
    aws = await startLocalAws({
      fleet: {
        account: "111122223333",
        region: "us-east-1",
        securityHub: true,
        clusters: syntheticClusters(settings),
        nodes: syntheticNodes(settings),
      },
      pace: { delivery: answerTime, consistency: 200, timeoutSecond: 1000 },
    });
    aws.fleet.findings = new Forgetful();
    aws.fleet.buckets.set("ledgers", { versioned: false, objects: new Map() });
    tell({ environment: aws.environment() });
  } else if (aws && "replace" in message) {
    replace(aws.fleet.nodes, message.replace);
    tell({ calls: {} });
  } else if (aws) {
    tell({ calls: aws.calls() });
    aws.resetCalls();
    aws.fleet.commands.clear();
  }
}

/** So many nodes leave, and as many others join their clusters. */
function replace(nodes: FleetNode[], count: number): void {
  const others = syntheticNodes(settings, settings.nodes);
  for (let index = 0; index < count; index++) {
    const other = others[index];
    if (other) nodes[index] = other;
  }
}

function tell(message: FromAws): void {
  process.send?.(message);
}
