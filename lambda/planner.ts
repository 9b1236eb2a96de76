import "./run/no-eval.ts";
import * as z from "zod";
import { createClients } from "./aws/clients.ts";
import { assumeMemberRole } from "./aws/member.ts";
import { pacer } from "./aws/pace.ts";
import { clusterFilter } from "./config.ts";
import { listClusters } from "./inventory/clusters.ts";
import { readInstances } from "./inventory/instances.ts";
import { assign } from "./inventory/inventory.ts";
import { listLedgers } from "./ledger/store.ts";
import { type FleetConfig, readFleetConfig } from "./plan/config.ts";
import { createOrganizations } from "./plan/organization.ts";
import { type Part, planParts } from "./plan/parts.ts";
import { FleetFailedError, type FleetSummary, NothingInFleetError, results, summarizeFleet } from "./plan/summary.ts";
import { listTargets, type Target } from "./plan/targets.ts";
import { type Context, homeOf } from "./run/home.ts";
import { logger } from "./run/logger.ts";
import { findOtherClusters, readRate } from "./securityhub/read.ts";

/** What the state machine asks: who there is, what there is to do in one of them, and what came of it all. */
const question = z.discriminatedUnion("step", [
  z.object({ step: z.literal("targets") }),
  z.object({ step: z.literal("parts"), account: z.string(), region: z.string() }),
  results.extend({ step: z.literal("summary") }),
]);

/** The thinking part of the state machine in lib/fleet-definition.ts. */
export async function handler(
  event: unknown,
  context: Context,
): Promise<{ count: number; targets: Target[] } | Part[] | FleetSummary> {
  const asked = question.parse(event);
  switch (asked.step) {
    case "targets": {
      const targets = await listTargets(createOrganizations(), readFleetConfig(process.env));
      return { count: targets.length, targets };
    }
    case "parts":
      return partsOf(asked, readFleetConfig(process.env), context);
    case "summary":
      return sumUp(summarizeFleet(asked));
  }
}

async function partsOf({ account, region }: Target, config: FleetConfig, context: Context): Promise<Part[]> {
  const own = createClients();
  const home = { ...homeOf(context.invokedFunctionArn), account, region };
  const credentials = await assumeMemberRole(own.sts, config.membership, home, context.awsRequestId);
  const { ec2, eks, securityHub } = createClients(region, credentials);
  const [listed, instances, remembered] = await Promise.all([
    listClusters(eks),
    readInstances(ec2),
    listLedgers({ s3: own.s3, bucket: config.ledgerBucket, home }),
  ]);
  const isAudited = clusterFilter(config.clusters);
  const { members } = assign(instances, new Set(listed), isAudited);
  const isKnown = new Set([...listed.filter(isAudited), ...remembered]);
  const reading = { hub: securityHub, home, turn: pacer(readRate) };
  const forgotten = await findOtherClusters(reading, isKnown, Date.now()).catch((error: Error) => {
    // Without Security Hub the clusters that exist are audited all the same, and their runs fail for the same reason.
    logger.warn("clusters with findings not read", error);
    return [];
  });
  return planParts(home, { listed, remembered: [...remembered, ...forgotten], members }, isAudited);
}

function sumUp(summary: FleetSummary): FleetSummary {
  logger.info("fleet", { summary });
  if (summary.failures.length > 0) throw new FleetFailedError(summary);
  if (summary.parts === 0) throw new NothingInFleetError(summary);
  return summary;
}
