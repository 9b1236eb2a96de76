import { setTimeout as sleep } from "node:timers/promises";
import {
  type AwsSecurityFinding,
  type AwsSecurityFindingFilters,
  type ComplianceStatus,
  type GetFindingsCommandInput,
  InvalidAccessException,
  paginateGetFindings,
  type SecurityHubClient,
} from "@aws-sdk/client-securityhub";
import { below } from "../aws/pace.ts";
import type { Place } from "../domain/place.ts";
import { findingId, generatorId, type KeptStatus } from "../domain/result.ts";
import { digestOfFinding } from "./digest.ts";
import { SecurityHubDisabledError } from "./publish.ts";

/** Findings on a page, Security Hub's most. Source: AWS Security Hub API Reference, GetFindings. */
const pageSize = 100;

/** Values of one attribute in one query, Security Hub's most. Source: AWS Security Hub API Reference, GetFindings. */
export const valuesPerFilter = 20;

/** Source: AWS Security Hub API Reference, GetFindings. */
export const readRate = below({ burst: 6, perSecond: 3 });

/** How one account-Region's Security Hub is read. */
export interface HubReading {
  hub: SecurityHubClient;
  place: Place;
  /** Milliseconds to wait before the next call. All calls of a run share one pace. */
  turn(): number;
}

/** One of our findings as Security Hub holds it. */
export interface HeldFinding {
  cluster: string;
  /** Instance id, or "cluster". */
  subject: string;
  rule: string;
  status: KeptStatus;
  archived: boolean;
  /** Empty for an archived finding. */
  digest: string;
  /** Meant to be ISO 8601. */
  createdAt: string;
  updatedAt: string;
}

/** One page of findings, and whether it is the last one. */
export interface Page {
  findings: readonly HeldFinding[];
  isLast: boolean;
}

/** The findings of our product about the cluster, page by page. */
export function readFindings(reading: HubReading, cluster: string): AsyncGenerator<Page, void> {
  return pagesOf(reading, { Filters: ofCluster(cluster) });
}

/** The same, the one that was updated last first. */
export function readNewest(reading: HubReading, cluster: string): AsyncGenerator<Page, void> {
  const SortCriteria = [{ Field: "UpdatedAt", SortOrder: "desc" }] as const;
  return pagesOf(reading, { Filters: ofCluster(cluster), SortCriteria: [...SortCriteria] });
}

/** The findings that have one of these Ids, of which there may be `valuesPerFilter`. */
export async function readById(reading: HubReading, ids: readonly string[]): Promise<HeldFinding[]> {
  return everyOn(pagesOf(reading, { Filters: { Id: ids.map((Value) => ({ Value, Comparison: "EQUALS" })) } }));
}

const day = 86_400_000;

/** Days after which an active finding that no run has refreshed belongs to a cluster that no run remembers. */
const staleDays = 32;

/**
 * Clusters other than `except` that have active findings. Up to `valuesPerFilter` names fit into the query. With more, only
 * findings that no run has refreshed for `staleDays` before `now` (epoch milliseconds) are read.
 */
export async function findOtherClusters(
  reading: HubReading,
  except: ReadonlySet<string>,
  now: number,
): Promise<string[]> {
  const others: AwsSecurityFindingFilters =
    except.size <= valuesPerFilter
      ? { ProductFields: [...except].map((Value) => ({ Key: "cluster", Value, Comparison: "NOT_EQUALS" })) }
      : { UpdatedAt: [{ Start: new Date(0).toISOString(), End: new Date(now - staleDays * day).toISOString() }] };
  const RecordState = [{ Value: "ACTIVE", Comparison: "EQUALS" } as const];
  const findings = await everyOn(pagesOf(reading, { Filters: { ...others, RecordState } }), pagesOfOthers);
  return [...new Set(findings.map(({ cluster }) => cluster))].filter((name) => !except.has(name));
}

/** Pages that are enough to find some of the other clusters; the next run finds the rest. */
const pagesOfOthers = 3;

/** Whether there are active findings about the cluster. */
export async function hasFindings(reading: HubReading, cluster: string): Promise<boolean> {
  const RecordState = [{ Value: "ACTIVE", Comparison: "EQUALS" } as const];
  const findings = await everyOn(pagesOf(reading, { Filters: { ...ofCluster(cluster), RecordState } }), 1);
  return findings.length > 0;
}

async function everyOn(pages: AsyncIterable<Page>, most = Number.POSITIVE_INFINITY): Promise<HeldFinding[]> {
  const all: HeldFinding[] = [];
  let left = most;
  for await (const { findings } of pages) {
    all.push(...findings);
    left -= 1;
    if (left <= 0) break;
  }
  return all;
}

/** Findings whose Id is not one of ours are left out: another importer can use our GeneratorId. */
async function* pagesOf(
  { hub, place, turn }: HubReading,
  query: Pick<GetFindingsCommandInput, "Filters" | "SortCriteria">,
): AsyncGenerator<Page, void> {
  const { partition, region, account } = place;
  const ProductArn = `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
  const ours: AwsSecurityFindingFilters = {
    ProductArn: [{ Value: ProductArn, Comparison: "EQUALS" }],
    GeneratorId: [{ Value: generatorId(""), Comparison: "PREFIX" }],
  };
  const pages = paginateGetFindings({ client: hub, pageSize }, { ...query, Filters: { ...ours, ...query.Filters } });
  await sleep(turn());
  try {
    for await (const { Findings = [], NextToken } of pages) {
      yield {
        findings: Findings.flatMap((finding) => heldFinding(finding, place) ?? []),
        isLast: NextToken === undefined,
      };
      if (NextToken) await sleep(turn());
    }
  } catch (error) {
    throw error instanceof InvalidAccessException ? new SecurityHubDisabledError(error.message, error) : error;
  }
}

function ofCluster(cluster: string): AwsSecurityFindingFilters {
  return { ProductFields: [{ Key: "cluster", Value: cluster, Comparison: "EQUALS" }] };
}

/** What stands in an Id as subject or cluster: nothing else fits into a ledger. */
const name = /^[\w-]{1,100}$/;

function heldFinding(finding: AwsSecurityFinding, place: Place): HeldFinding | undefined {
  const { Id = "", GeneratorId = "", CreatedAt = "", UpdatedAt = "", Compliance } = finding;
  const [subject = "", cluster = ""] = Id.split("/").reverse();
  const rule = GeneratorId.slice(generatorId("").length);
  if (![subject, cluster, rule].every((part) => name.test(part))) return undefined;
  if (Id !== findingId(place, cluster, subject, rule)) return undefined;
  const archived = finding.RecordState === "ARCHIVED";
  return {
    cluster,
    subject,
    rule,
    status: keptStatuses[Compliance?.Status ?? "NOT_AVAILABLE"],
    archived,
    digest: archived ? "" : digestOfFinding(finding),
    createdAt: CreatedAt,
    updatedAt: UpdatedAt,
  };
}

const keptStatuses: Readonly<Record<ComplianceStatus, KeptStatus>> = {
  PASSED: "passed",
  FAILED: "failed",
  WARNING: "excepted",
  NOT_AVAILABLE: "notAvailable",
};
