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

/** Findings per page, the maximum of Security Hub. Source: AWS Security Hub API Reference, GetFindings. */
const pageSize = 100;

/** Maximum values of one attribute in one query. Source: AWS Security Hub API Reference, GetFindings. */
export const valuesPerFilter = 20;

/** Source: AWS Security Hub API Reference, GetFindings. */
export const readRate = below({ burst: 6, perSecond: 3 });

/** Client, account-Region and pace for reading Security Hub. */
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
  /** ISO 8601, unless another importer wrote something else. */
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

/** The same findings, the most recently updated first. */
export function readNewest(reading: HubReading, cluster: string): AsyncGenerator<Page, void> {
  const SortCriteria = [{ Field: "UpdatedAt", SortOrder: "desc" }] as const;
  return pagesOf(reading, { Filters: ofCluster(cluster), SortCriteria: [...SortCriteria] });
}

/** The findings with these Ids, of which at most `valuesPerFilter` may be given. */
export async function readById(reading: HubReading, ids: readonly string[]): Promise<HeldFinding[]> {
  return everyOn(pagesOf(reading, { Filters: { Id: ids.map((Value) => ({ Value, Comparison: "EQUALS" })) } }));
}

const day = 86_400_000;

/** Days. An active finding that no run refreshed for so long must be about a cluster that has no ledger. */
const staleDays = 32;

/**
 * Clusters other than `except` that have active findings. A query can exclude up to `valuesPerFilter` names. If there
 * are more, the function reads only findings that no run has refreshed for `staleDays` before `now` (epoch
 * milliseconds).
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

/** Maximum pages read in search of other clusters. The next runs find the rest. */
const pagesOfOthers = 3;

/**
 * Whether Security Hub holds findings, active or archived, of a cluster that is not in `except` (at most
 * `valuesPerFilter` names). One query finds them for all clusters of an account-Region.
 */
export async function holdsOthers(reading: HubReading, except: ReadonlySet<string>): Promise<boolean> {
  const ProductFields = [...except].map((Value) => ({ Key: "cluster", Value, Comparison: "NOT_EQUALS" as const }));
  for await (const { findings, isLast } of pagesOf(reading, { Filters: { ProductFields } }))
    return findings.length > 0 || !isLast;
  return false;
}

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

/**
 * Reads pages of our findings. Findings without an Id of ours are skipped, because another importer can use our
 * GeneratorId.
 */
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

/** Valid names of a subject, cluster or rule. A ledger accepts no others. */
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
