import { type InstanceInformation, paginateDescribeInstanceInformation, type SSMClient } from "@aws-sdk/client-ssm";
import type { OsFamily } from "../node.ts";

/** What SSM knows of an instance that its agent registered. */
export type Registration = Pick<
  InstanceInformation,
  "PingStatus" | "PlatformType" | "PlatformName" | "PlatformVersion"
>;

/** By instance id. */
export type Registrations = ReadonlyMap<string, Registration>;

/** Instances on a page, SSM's most. Source: AWS Systems Manager API Reference, DescribeInstanceInformation. */
const pageSize = 50;

export async function readRegistrations(client: SSMClient): Promise<Registrations> {
  const registrations = new Map<string, Registration>();
  for await (const page of paginateDescribeInstanceInformation({ client, pageSize }, {})) {
    for (const { InstanceId, ...registration } of page.InstanceInformationList ?? []) {
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
