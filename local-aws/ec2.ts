import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { AccountRegion } from "./holdings.ts";
import type { EmbeddedNode } from "./initial-region.ts";
import { booleanInText, operation, page } from "./operation.ts";
import type { Service } from "./service.ts";

/** Instances in one page. Source: EC2 API reference, DescribeInstances. */
const pageSize = { minimum: 5, maximum: 1000 };
/** Values of one filter. Source: EC2 API reference, "Filter". */
const valuesPerFilter = 200;

const filter = z.object({ Name: z.string(), Value: z.array(z.string()).min(1).max(valuesPerFilter) });

const describeInstances = z.object({
  InstanceId: z.array(z.string()).optional(),
  Filter: z.array(filter).default([]),
  IncludeManagedResources: booleanInText.default(false),
  MaxResults: z.coerce.number().int().optional(),
  NextToken: z.string().optional(),
});
type DescribeInstances = z.output<typeof describeInstances>;

export const ec2: Service = {
  name: "ec2",
  protocol: { kind: "ec2", namespace: "http://ec2.amazonaws.com/doc/2016-11-15/" },
  invalidInput: "InvalidParameterValue",
  throttled: { code: "RequestLimitExceeded", status: 503, message: "Request limit exceeded." },
  operations: {
    DescribeInstances: operation(describeInstances, (input, { at }) => {
      refuseBadPaging(input);
      const instances = at.nodes.filter(({ instance }) => instance !== undefined);
      const wanted = input.Filter.map(({ Name, Value }) => ({ Name, patterns: Value.map(wildcard) }));
      const matching = chosen(instances, input).filter((node) => wanted.every((each) => matches(node, each)));
      const { entries, nextToken } = page(matching, input.MaxResults ?? pageSize.maximum, input.NextToken, () => {
        throw new AwsError("InvalidNextToken", "The token is not valid.");
      });
      return { reservationSet: entries.map((node) => describeReservation(node, at)), ...(nextToken && { nextToken }) };
    }),
  },
};

function refuseBadPaging({ MaxResults, InstanceId }: DescribeInstances): void {
  if (MaxResults === undefined) return;
  if (InstanceId) {
    const both = "The parameter instancesSet cannot be used with the parameter maxResults";
    throw new AwsError("InvalidParameterCombination", both);
  }
  if (MaxResults < pageSize.minimum || MaxResults > pageSize.maximum) {
    const range = `Value ( ${MaxResults} ) for parameter maxResults is invalid. Expecting a value of 5 to 1000.`;
    throw new AwsError("InvalidParameterValue", range);
  }
}

/**
 * The requested instances, or all. Instances managed by an AWS service are visible only with IncludeManagedResources.
 */
function chosen(
  nodes: readonly EmbeddedNode[],
  { InstanceId, IncludeManagedResources }: DescribeInstances,
): EmbeddedNode[] {
  const visible = nodes.filter(({ instance }) => IncludeManagedResources || instance?.operator === undefined);
  if (!InstanceId) return visible;
  return InstanceId.map((id) => {
    if (!/^i-[0-9a-f]{8}([0-9a-f]{9})?$/.test(id)) {
      throw new AwsError("InvalidInstanceID.Malformed", `Invalid id: "${id}"`);
    }
    const node = visible.find((candidate) => candidate.id === id);
    if (!node) throw new AwsError("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
    return node;
  });
}

/** A node matches a filter if it matches one of its values. Values can contain the wildcards * and ?. */
function matches(node: EmbeddedNode, { Name, patterns }: { Name: string; patterns: readonly RegExp[] }): boolean {
  return filterValues(node, Name).some((value) => patterns.some((pattern) => pattern.test(value)));
}

function wildcard(value: string): RegExp {
  const literal = value.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

function filterValues({ id, instance, tags }: EmbeddedNode, name: string): string[] {
  const present = (value: string | undefined) => (value === undefined ? [] : [value]);
  if (name.startsWith("tag:")) return present(tags[name.slice("tag:".length)]);
  switch (name) {
    case "tag-key":
      return Object.keys(tags);
    case "instance-id":
      return [id];
    case "instance-state-name":
      return [instance?.state ?? "running"];
    case "operator.managed":
      return [String(instance?.operator !== undefined)];
    case "operator.principal":
      return present(instance?.operator);
    case "instance-type":
      return present(instance?.type);
    case "image-id":
      return present(instance?.imageId);
    case "vpc-id":
      return present(instance?.vpcId);
    case "subnet-id":
      return present(instance?.subnetId);
    default:
      throw new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
  }
}

/** Source: EC2 API reference, "InstanceState". */
const stateCodes = { pending: 0, running: 16, "shutting-down": 32, terminated: 48, stopping: 64, stopped: 80 };

function describeReservation({ id, instance, tags }: EmbeddedNode, { account }: AccountRegion): object {
  const state = instance?.state ?? "running";
  return {
    reservationId: id.replace("i-", "r-"),
    ownerId: account,
    instancesSet: [
      {
        instanceId: id,
        imageId: instance?.imageId,
        instanceState: { code: stateCodes[state], name: state },
        instanceType: instance?.type,
        launchTime: instance?.launchedAt,
        architecture: instance?.architecture,
        platform: instance?.platform,
        privateDnsName: instance?.privateDnsName ?? "",
        vpcId: instance?.vpcId,
        subnetId: instance?.subnetId,
        operator: { managed: instance?.operator !== undefined, principal: instance?.operator },
        tagSet: Object.entries(tags).map(([key, value]) => ({ key, value })),
      },
    ],
  };
}
