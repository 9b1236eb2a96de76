import { expect, test } from "vitest";
import {
  NothingInOrganizationError,
  OrganizationFailedError,
  results,
  summarizeOrganization,
} from "../../../lambda/plan/organization-summary.ts";

const target = (region: string, ...parts: (number | string)[]) => ({ account: "111122223333", region, parts });

test("the summary counts audited parts, and lists failed parts with their account-Region", () => {
  const targets = [
    target("us-east-1", 12, "cluster prod shard 1/2: RunFailedError"),
    target("eu-west-1"),
    target("eu-west-2", 3),
  ];
  expect(summarizeOrganization({ count: 3, targets })).toEqual({
    targets: 3,
    parts: 3,
    audited: 15,
    failures: ["111122223333 us-east-1: cluster prod shard 1/2: RunFailedError"],
  });
});

test("the summary reports the number of targets without a result", () => {
  expect(summarizeOrganization({ count: 3, targets: [target("us-east-1", 1)] }).failures).toEqual([
    "2 account-Regions ended without a result",
  ]);
});

test("the error contains ten failures and counts the others", () => {
  const failures = Array.from({ length: 13 }, (_, index) => `failure ${index}`);
  const { message } = new OrganizationFailedError({ targets: 20, parts: 40, audited: 0, failures });
  expect(message).toContain("13 failures in 20 account-Regions with 40 parts: failure 0 | ");
  expect(message).toContain("failure 9 | and 3 more.");
  expect(message).not.toContain("failure 10");
});

test("the error for an organization without clusters contains the number of account-Regions", () => {
  expect(new NothingInOrganizationError(summarizeOrganization({ count: 2, targets: [] })).message).toContain(
    "in 2 account-Regions",
  );
});

test.each([
  ["nothing", undefined],
  ["null", null],
  ["an error object", { Error: "States.Runtime", Cause: "aborted" }],
  ["text", "aborted"],
])("a target with the Distributed Map result %s is reported as missing, and the others are counted", (_, returned) => {
  const targets = [target("us-east-1", 4), ...(returned === undefined ? [] : [returned])];
  expect(summarizeOrganization(results.parse({ count: 2, targets }))).toMatchObject({
    audited: 4,
    failures: ["1 account-Region ended without a result"],
  });
});
