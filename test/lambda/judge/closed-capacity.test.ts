import { describe, expect, test } from "vitest";
import { startOf } from "../../../lambda/domain/result.ts";
import { closedCapacityResult } from "../../../lambda/judge/closed-capacity.ts";
import { cluster, clusterSubject } from "../../kit/results.ts";

const resultOf = (autoMode: boolean, providerManaged: number, fargateProfiles: string[]) =>
  closedCapacityResult(clusterSubject({ cluster: cluster({ autoMode }) }), { providerManaged, fargateProfiles });

test("a cluster without Auto Mode and Fargate has no result about closed capacity", () => {
  expect(resultOf(false, 0, [])).toBeUndefined();
});

describe("capacity that SSM cannot reach gives one result about the cluster, with the status notApplicable", () => {
  test.each([
    ["Auto Mode by the cluster's setting", true, 0, [], ["PROVIDER_MANAGED"]],
    ["Auto Mode by its instances", false, 3, [], ["PROVIDER_MANAGED"]],
    ["Fargate", false, 0, ["nightly"], ["FARGATE"]],
    ["Auto Mode and Fargate", true, 2, ["nightly"], ["PROVIDER_MANAGED", "FARGATE"]],
  ])("%s", (_, autoMode, providerManaged, profiles, codes) => {
    expect(resultOf(autoMode, providerManaged, profiles)).toMatchObject({
      rule: { id: "node-auditable" },
      subject: { kind: "cluster" },
      status: "notApplicable",
      reasons: codes.map((code) => ({ code })),
    });
  });

  test("the result describes Auto Mode nodes as not reachable by SSM, and its fix is a kubectl command that reads one node", () => {
    const { because, fix = "" } = resultOf(true, 0, []) ?? {};
    expect(because).toContain("not reachable by SSM");
    expect(fix).toMatch(/kubectl debug node\/INSTANCE_ID .*--profile=sysadmin .*apiclient report cis/);
    // Security Hub cuts a recommendation at 512 characters. Source: AWS Security Hub API Reference, Recommendation.
    expect(fix.length).toBeLessThanOrEqual(512);
  });

  test("the result does not contain the number of nodes, so that it is not imported again every day", () => {
    expect(resultOf(true, 1, [])).toEqual(resultOf(true, 99, []));
  });

  test("CreatedAt of the finding is the creation of the cluster, or the time of the run if that is unknown", () => {
    const createdAt = "2025-01-01T00:00:00.000Z";
    expect(startOf(clusterSubject({ cluster: cluster({ createdAt }) }))).toBe(Date.parse(createdAt));
    expect(startOf(clusterSubject({ judgedAt: 5 }))).toBe(5);
  });
});
