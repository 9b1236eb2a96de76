import { describe, expect, test } from "vitest";
import { closedCapacityFinding } from "../../../lambda/securityhub/closed-capacity.ts";

const home = { partition: "aws", region: "us-east-1", account: "111122223333" };
const now = "2026-11-24T09:00:00.000Z";
const arn = "arn:aws:eks:us-east-1:111122223333:cluster/prod";
const findingOf = (autoMode: boolean, providerManaged: number, fargateProfiles: string[], createdAt?: string) =>
  closedCapacityFinding(
    home,
    { cluster: { name: "prod", arn, autoMode, ...(createdAt && { createdAt }) }, providerManaged, fargateProfiles },
    now,
  );

test("a cluster whose nodes are all open has no such finding", () => {
  expect(findingOf(false, 0, [])).toBeUndefined();
});

describe("capacity that AWS closes is one finding about the cluster, neither passed nor failed", () => {
  test.each([
    ["Auto Mode by the cluster's setting", true, 0, [], ["PROVIDER_MANAGED"]],
    ["Auto Mode by its instances", false, 3, [], ["PROVIDER_MANAGED"]],
    ["Fargate", false, 0, ["nightly"], ["FARGATE"]],
    ["both", true, 2, ["nightly"], ["PROVIDER_MANAGED", "FARGATE"]],
  ])("%s", (_, autoMode, providerManaged, profiles, codes) => {
    const finding = findingOf(autoMode, providerManaged, profiles);
    expect(finding).toMatchObject({
      Id: "eks-kubelet-auditor/node-auditable/111122223333/us-east-1/prod/cluster",
      FindingProviderFields: { Severity: { Label: "INFORMATIONAL" } },
      Compliance: { Status: "NOT_AVAILABLE", StatusReasons: codes.map((ReasonCode) => ({ ReasonCode })) },
      Resources: [{ Type: "AwsEksCluster", Id: arn }],
    });
  });

  test("its text does not change with the number of nodes, which would import it again every day", () => {
    expect(findingOf(true, 1, [])).toEqual(findingOf(true, 99, []));
  });

  test("it is as old as the cluster, and where that is not known as old as the run", () => {
    const created = "2025-01-01T00:00:00.000Z";
    expect(findingOf(true, 0, [], created)?.CreatedAt).toBe(created);
    expect(findingOf(true, 0, [])?.CreatedAt).toBe(now);
  });
});
