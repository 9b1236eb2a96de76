import { z } from "zod";
import { epochSeconds } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { EmbeddedNode } from "./initial-region.ts";
import { type Call, operation, page } from "./operation.ts";
import { refuseToken } from "./ssm-documents.ts";

/** Limits of DescribeInstanceInformation's page size, in nodes. Source: SSM API model. */
const pageSize = { minimum: 5, default: 10, maximum: 50 };

const filters = z.array(z.object({ Key: z.string().min(1), Values: z.array(z.string()).min(1).max(100) }));

export const describeInstanceInformation = operation(
  z.object({
    Filters: filters.default([]),
    MaxResults: z.number().int().min(pageSize.minimum).max(pageSize.maximum).default(pageSize.default),
    NextToken: z.string().optional(),
  }),
  ({ Filters, MaxResults, NextToken }, call) => {
    refuseMixedFilters(Filters);
    for (const { Key, Values } of Filters) if (Key === "InstanceIds") refuseUnknownIds(Values, call);
    const registered = call.at.nodes.filter(isRegistered);
    const matching = registered.filter((node) => Filters.every(({ Key, Values }) => matches(node, Key, Values)));
    const { entries, nextToken } = page(matching, MaxResults, NextToken, refuseToken);
    const InstanceInformationList = entries.map((node) => describe(node, call));
    return { InstanceInformationList, ...(nextToken && { NextToken: nextToken }) };
  },
);

/** Limits of DescribeInstanceProperties's page size, in nodes. Source: SSM API model. */
const propertiesPerPage = { minimum: 5, maximum: 1_000 };

/** Lists the same nodes as DescribeInstanceInformation, in larger pages. Filters are not supported. */
export const describeInstanceProperties = operation(
  z.strictObject({
    // AWS does not document the default. Here it is the maximum.
    MaxResults: z
      .number()
      .int()
      .min(propertiesPerPage.minimum)
      .max(propertiesPerPage.maximum)
      .default(propertiesPerPage.maximum),
    NextToken: z.string().optional(),
  }),
  ({ MaxResults, NextToken }, call) => {
    const listed = call.at.nodes.filter((node) => isRegistered(node) && node.inProperties !== "missing");
    const { entries, nextToken } = page(listed, MaxResults, NextToken, refuseToken);
    const InstanceProperties = entries.map((node) => {
      const { IsLatestVersion: _, PingStatus, ...properties } = describe(node, call);
      return { ...properties, ...(node.inProperties !== "without PingStatus" && { PingStatus }) };
    });
    return { InstanceProperties, ...(nextToken && { NextToken: nextToken }) };
  },
);

/** Whether SSM lists the node: an agent has registered, and the instance is running. */
export function isRegistered({ agent, instance }: EmbeddedNode): boolean {
  return agent !== undefined && (instance === undefined || (instance.state ?? "running") === "running");
}

const isTagFilter = (key: string) => key === "tag-key" || key.startsWith("tag:");

/** Tag filters cannot be combined with other filters. Source: SSM API reference, DescribeInstanceInformation. */
function refuseMixedFilters(all: z.output<typeof filters>): void {
  const byTag = all.filter(({ Key }) => isTagFilter(Key)).length;
  if (byTag > 0 && byTag < all.length) {
    throw new AwsError("InvalidFilterKey", "Tag filters cannot be combined with other filters.");
  }
}

/**
 * Rejects ids that do not belong to a running instance. For instances without an agent see `unregisteredIds` in
 * unsettled.ts.
 */
function refuseUnknownIds(ids: readonly string[], { at, world }: Call): void {
  const isKnown = ({ instance }: EmbeddedNode) => (instance?.state ?? "running") === "running";
  const known = at.nodes.filter(world.unsettled.unregisteredIds === "refused" ? isRegistered : isKnown);
  const unknown = ids.find((id) => !known.some((node) => node.id === id));
  if (unknown !== undefined) throw new AwsError("InvalidInstanceId", `The instance ID ${unknown} is not valid.`);
}

function matches(node: EmbeddedNode, key: string, values: readonly string[]): boolean {
  const { id, agent, tags } = node;
  if (key.startsWith("tag:")) return values.includes(tags[key.slice("tag:".length)] ?? "");
  switch (key) {
    case "tag-key":
      return values.some((name) => name in tags);
    case "InstanceIds":
      return values.includes(id);
    case "PingStatus":
      return values.includes(agent?.ping ?? "");
    case "PlatformType":
    case "PlatformTypes":
      return values.includes(agent?.platformType ?? "");
    case "ResourceType":
      return values.includes(resourceType(id));
    default:
      throw new AwsError("InvalidFilterKey", `The filter key ${key} is not valid.`);
  }
}

const resourceType = (id: string) => (id.startsWith("mi-") ? "ManagedInstance" : "EC2Instance");

function describe({ id, agent }: EmbeddedNode, { world }: Call) {
  return {
    InstanceId: id,
    PingStatus: agent?.ping,
    LastPingDateTime: epochSeconds(world.clock.now()),
    AgentVersion: "3.3.2299.0",
    IsLatestVersion: false,
    PlatformType: agent?.platformType,
    PlatformName: agent?.platformName,
    PlatformVersion: agent?.platformVersion,
    ResourceType: resourceType(id),
    IPAddress: "10.0.0.1",
    ComputerName: "node",
  };
}
