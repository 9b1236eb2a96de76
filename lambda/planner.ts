import "./run/no-eval.ts";
import * as z from "zod";
import { createClients } from "./aws/clients.ts";
import { assumeMemberRole } from "./aws/member.ts";
import { pacer } from "./aws/pace.ts";
import { clusterFilter } from "./config.ts";
import { placeOf } from "./domain/place.ts";
import { startAssignment } from "./inventory/assignment.ts";
import { listClusters } from "./inventory/clusters.ts";
import { type TaggedInstance, visitInstances } from "./inventory/instances.ts";
import { listLedgers } from "./ledger/store.ts";
import { createOrganizations } from "./plan/organization.ts";
import {
  NothingInOrganizationError,
  OrganizationFailedError,
  type OrganizationSummary,
  results,
  summarizeOrganization,
} from "./plan/organization-summary.ts";
import { type Part, planParts } from "./plan/parts.ts";
import { readPlannerConfig } from "./plan/planner-config.ts";
import { listTargets, type Target } from "./plan/targets.ts";
import type { LambdaContext } from "./run/lambda-context.ts";
import { logger } from "./run/logger.ts";
import { findOtherClusters, readRate } from "./securityhub/read.ts";

/** Input from the state machine: list the account-Regions, plan the parts of one of them, or summarize all results. */
const question = z.discriminatedUnion("step", [
  z.object({ step: z.literal("targets") }),
  z.object({ step: z.literal("parts"), account: z.string(), region: z.string() }),
  results.extend({ step: z.literal("summary") }),
]);

/** The planning steps of the state machine in lib/machine-definition.ts. */
export async function handler(
  event: unknown,
  context: LambdaContext,
): Promise<{ count: number; targets: Target[] } | Part[] | OrganizationSummary> {
  const asked = question.parse(event);
  switch (asked.step) {
    case "targets": {
      const targets = await listAll().catch((error: Error) => {
        // The execution ends here, so the step that logs the summary does not run.
        const failures = [`accounts not listed: ${error.name}: ${error.message}`];
        logger.info("fleet", { summary: { targets: 0, parts: 0, audited: 0, failures } satisfies OrganizationSummary });
        throw error;
      });
      return { count: targets.length, targets };
    }
    case "parts":
      return await partsOf(asked, context).catch((error: Error) => {
        const { account, region } = asked;
        logger.error("not planned", { scope: { account, region }, error });
        throw error;
      });
    case "summary":
      return sumUp(summarizeOrganization(asked));
  }
}

async function listAll(): Promise<Target[]> {
  return await listTargets(createOrganizations(), readPlannerConfig(process.env));
}

async function partsOf({ account, region }: Target, context: LambdaContext): Promise<Part[]> {
  const config = readPlannerConfig(process.env);
  const own = createClients();
  const place = { ...placeOf(context.invokedFunctionArn), account, region };
  const credentials = await assumeMemberRole(own.sts, config.membership, place, context.awsRequestId);
  const { ec2, eks, securityHub } = createClients(region, credentials);
  const isAudited = clusterFilter(config.clusters);
  const listed = await listClusters(eks);
  const assignment = startAssignment(new Set(listed), isAudited);
  const nodes = new Map<string, number>();
  const count = (page: readonly TaggedInstance[]) => {
    for (const instance of page) {
      const cluster = assignment.clusterOf(instance) ?? "";
      nodes.set(cluster, (nodes.get(cluster) ?? 0) + 1);
    }
  };
  const [remembered] = await Promise.all([
    listLedgers({ s3: own.s3, bucket: config.ledgerBucket, place }),
    visitInstances(ec2, count),
  ]);
  // Only this step lists instances that belong to no cluster. The run of a part lists only the instances of its own
  // cluster.
  for (const problem of assignment.problems()) logger.warn("problem", { scope: { account, region }, problem });
  const isKnown = new Set([...listed.filter(isAudited), ...remembered]);
  const reading = { hub: securityHub, place, turn: pacer(readRate) };
  const forgotten = await findOtherClusters(reading, isKnown, Date.now()).catch((error: Error) => {
    // The clusters that exist are still audited. If Security Hub does not work, their runs report it.
    logger.warn("clusters with findings not read", error);
    return [];
  });
  return planParts(place, { listed, remembered: [...remembered, ...forgotten], nodes }, isAudited);
}

function sumUp(summary: OrganizationSummary): OrganizationSummary {
  logger.info("fleet", { summary });
  if (summary.failures.length > 0) throw new OrganizationFailedError(summary);
  if (summary.parts === 0) throw new NothingInOrganizationError(summary);
  return summary;
}
