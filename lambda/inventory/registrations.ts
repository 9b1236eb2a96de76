import { type InstanceProperty, paginateDescribeInstanceProperties, type SSMClient } from "@aws-sdk/client-ssm";
import type { OsFamily } from "../domain/node.ts";

/** What SSM knows of an instance that its agent registered. */
export type Registration = Pick<InstanceProperty, "PingStatus" | "PlatformType" | "PlatformName" | "PlatformVersion">;

/** By instance id. */
export type Registrations = ReadonlyMap<string, Registration>;

/**
 * Instances on a page, SSM's most; the older DescribeInstanceInformation tells the same of 50. Source: AWS Systems Manager
 * API Reference, DescribeInstanceProperties.
 */
const pageSize = 1_000;

export async function readRegistrations(client: SSMClient): Promise<Registrations> {
  const registrations = new Map<string, Registration>();
  for await (const page of paginateDescribeInstanceProperties({ client, pageSize }, {})) {
    for (const { InstanceId, ...registration } of page.InstanceProperties ?? []) {
      if (InstanceId) registrations.set(InstanceId, registration);
    }
  }
  return registrations;
}

/** The node's system: SSM names it; of an instance that SSM does not know, EC2 tells Windows from the rest. */
export function osFamily(ec2Platform: string | undefined, registration: Registration | undefined): OsFamily {
  const { PlatformType, PlatformName = "", PlatformVersion = "" } = registration ?? {};
  if (PlatformType === "Windows" || ec2Platform?.toLowerCase() === "windows") return "windows";
  if (PlatformName === "Bottlerocket") return "bottlerocket";
  if (PlatformName === "Ubuntu") return "ubuntu";
  if (PlatformName === "Amazon Linux") {
    const [major] = PlatformVersion.split(".");
    if (major === "2") return "al2";
    if (major === "2023") return "al2023";
  }
  return "linux";
}
