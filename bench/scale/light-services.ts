/**
 * Replaces operations of the embedded AWS that would take gigabytes or minutes with the nodes of a benchmark. Limits,
 * rates, pages and the form of the replies stay the same.
 */

import { z } from "zod";
import type { Finding } from "../../local-aws/asff.ts";
import { ec2 } from "../../local-aws/ec2.ts";
import { AwsError } from "../../local-aws/errors.ts";
import { findingFilters, matchesFilters, sortBy } from "../../local-aws/findings-query.ts";
import type { EmbeddedNode } from "../../local-aws/initial-region.ts";
import { type Call, type Operation, operation, page } from "../../local-aws/operation.ts";
import { securityhub } from "../../local-aws/securityhub.ts";
import type { Service } from "../../local-aws/service.ts";
import { ssm } from "../../local-aws/ssm.ts";
import { sts } from "../../local-aws/sts.ts";

/** Description of every finding in LightSecurityHub. It is about as long as all texts that a real finding contains. */
const texts = "The kubelet's setting, its value, its origin and what it overrides. ".repeat(30);

/** Maximum findings in one call. Source: AWS Security Hub API Reference, BatchImportFindings and GetFindings. */
const findingsPerCall = 100;

const imported = z.object({
  Findings: z
    .array(
      z.object({
        ...{
          Id: z.string(),
          ProductArn: z.string(),
          GeneratorId: z.string(),
          CreatedAt: z.string(),
          UpdatedAt: z.string(),
        },
        RecordState: z.enum(["ACTIVE", "ARCHIVED"]).default("ACTIVE"),
        Compliance: z.object({ Status: z.string() }),
        ProductFields: z.object({ cluster: z.string() }),
      }),
    )
    .min(1)
    .max(findingsPerCall),
});

const getFindings = z.object({
  Filters: findingFilters.default({}),
  SortCriteria: z.array(z.object({ Field: z.string(), SortOrder: z.enum(["asc", "desc"]).default("asc") })).default([]),
  MaxResults: z.number().int().min(1).max(findingsPerCall).default(findingsPerCall),
  NextToken: z.string().optional(),
});

/**
 * Security Hub that does not store the texts of findings. The auditor compares a text only if UpdatedAt in Security Hub
 * differs from UpdatedAt in the ledger.
 */
export class LightSecurityHub {
  /** Epoch milliseconds of each finding that was accepted since the last `take`. */
  #accepted: number[] = [];
  readonly #byCluster = new Map<string, Map<string, Finding>>();

  readonly operations: Service["operations"] = {
    BatchImportFindings: operation(imported, ({ Findings }) => {
      for (const { ProductFields, ...finding } of Findings) {
        const { cluster } = ProductFields;
        const known = this.#byCluster.get(cluster) ?? new Map<string, Finding>();
        this.#byCluster.set(cluster, known);
        const before = known.get(finding.Id);
        if (before && Date.parse(before.UpdatedAt) >= Date.parse(finding.UpdatedAt)) continue;
        known.set(finding.Id, {
          ...finding,
          ProductFields: { cluster },
          Description: texts,
          Resources: [],
        } as unknown as Finding);
        this.#accepted.push(Date.now());
      }
      return { FailedCount: 0, SuccessCount: Findings.length, FailedFindings: [] };
    }),
    GetFindings: operation(getFindings, ({ Filters, SortCriteria, MaxResults, NextToken }, { world }: Call) => {
      const matching = this.#candidates(Filters).filter((each) => matchesFilters(each, Filters, world.clock));
      const { entries, nextToken } = page(sortBy(matching, SortCriteria), MaxResults, NextToken, () => {
        throw new AwsError("InvalidInputException", "Invalid NextToken.");
      });
      return { Findings: entries, ...(nextToken && { NextToken: nextToken }) };
    }),
  };

  /** The findings of the clusters or ids in the filters. A search among all findings takes seconds. */
  #candidates({ ProductFields = [], Id = [] }: z.output<typeof findingFilters>): Finding[] {
    const clusters = ProductFields.filter(({ Comparison }) => Comparison === "EQUALS").flatMap(
      ({ Value }) => Value ?? [],
    );
    const ids = Id.flatMap(({ Value }) => Value ?? []);
    if (ids.length > 0)
      return [...this.#byCluster.values()].flatMap((known) => ids.flatMap((id) => known.get(id) ?? []));
    const chosen = clusters.length > 0 ? clusters : [...this.#byCluster.keys()];
    const excluded = new Set(
      ProductFields.flatMap(({ Value, Comparison }) => (Comparison === "NOT_EQUALS" ? (Value ?? []) : [])),
    );
    return chosen.flatMap((cluster) =>
      excluded.has(cluster) ? [] : [...(this.#byCluster.get(cluster)?.values() ?? [])],
    );
  }

  /** Deletes all findings. Those of a million nodes would take gigabytes. */
  forget(): void {
    this.#byCluster.clear();
  }

  /** Times at which the findings since the last call were accepted, epoch milliseconds. */
  take(): number[] {
    return this.#accepted.splice(0);
  }
}

/** Lets any caller assume any role of its own account. The benchmark deploys no roles. */
const assumeRole = operation(z.looseObject({ RoleArn: z.string() }), ({ RoleArn }, { caller, world }) => {
  const [accessKeyId = ""] = [...world.callers].find(([, each]) => each === caller) ?? [];
  return {
    AssumedRoleUser: { Arn: RoleArn, AssumedRoleId: "AROABENCH:bench" },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: "local-aws",
      SessionToken: "local-aws",
      Expiration: new Date(world.clock.now() + 3_600_000).toISOString(),
    },
  };
});

/** The nodes of an account-Region by id and by cluster. */
interface Index {
  byId: ReadonlyMap<string, EmbeddedNode>;
  byCluster: ReadonlyMap<string, EmbeddedNode[]>;
}
const indexes = new WeakMap<readonly EmbeddedNode[], Index>();

function indexOf(nodes: readonly EmbeddedNode[]): Index {
  const index = indexes.get(nodes) ?? {
    byId: new Map(nodes.map((node) => [node.id, node])),
    byCluster: Map.groupBy(nodes, ({ tags }) => tags["eks:cluster-name"] ?? ""),
  };
  indexes.set(nodes, index);
  return index;
}

/** The fields of a request that select nodes. */
interface Naming {
  InstanceIds?: readonly string[];
  Filters?: readonly { Key: string; Values: readonly string[] }[];
  /** Filters of EC2. */
  Filter?: readonly { Name: string; Value: readonly string[] }[];
  NextToken?: string;
}

/** The nodes that a request can return. A search among all nodes for each request takes minutes. */
function candidates(nodes: readonly EmbeddedNode[], { InstanceIds, Filters = [], Filter = [] }: Naming) {
  const ids = InstanceIds ?? Filters.find(({ Key }) => Key === "InstanceIds")?.Values;
  const { byId, byCluster } = indexOf(nodes);
  if (ids) return ids.flatMap((id) => byId.get(id) ?? []);
  const [{ Name = "", Value: [value = ""] = [] } = {}] = Filter;
  const cluster = Name.startsWith("tag:") ? value : /^kubernetes.io\/cluster\/(.*)/.exec(value)?.[1];
  return cluster === undefined ? undefined : (byCluster.get(cluster) ?? []);
}

/** Maximum number of instances on a page of DescribeInstances or DescribeInstanceProperties. */
const instancesOnPage = 1_000;

/**
 * Runs the operation with only the nodes of the requested page and the first node of the next page, if there is one.
 * That node makes the operation return a NextToken. The filters match every node of a benchmark, so the reply contains
 * all nodes of the page.
 */
async function onePage(original: Operation, input: Naming, call: Call): Promise<object> {
  const { NextToken, ...query } = input;
  const start = NextToken === undefined ? 0 : Number(NextToken);
  const nodes = call.at.nodes.slice(start, start + instancesOnPage + 1);
  const reply = await original.run(query, { ...call, at: { ...call.at, nodes } });
  return Object.fromEntries(
    Object.entries(reply).map(([name, value]) => [
      name,
      name.toLowerCase() === "nexttoken" ? String(start + instancesOnPage) : value,
    ]),
  );
}

/** Operations that search among all nodes. */
const searching: readonly [Service, string][] = [
  [ec2, "DescribeInstances"],
  [ssm, "DescribeInstanceProperties"],
  [ssm, "DescribeInstanceInformation"],
  [ssm, "SendCommand"],
];

/** Installs the replacements in this process. */
export function installLightServices(hub: LightSecurityHub): void {
  Object.assign(securityhub.operations, hub.operations);
  Object.assign(sts.operations, { AssumeRole: assumeRole });
  for (const [service, name] of searching) {
    const original = service.operations[name];
    if (!original) throw new Error(`The embedded AWS has no operation ${service.name}:${name}.`);
    const run = (input: Naming, call: Call) => {
      const nodes = candidates(call.at.nodes, input);
      if (nodes) return original.run(input, { ...call, at: { ...call.at, nodes } });
      return onePage(original, input, call);
    };
    Object.assign(service.operations, { [name]: { run } });
  }
}
