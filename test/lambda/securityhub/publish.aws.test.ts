import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import { afterEach, describe, expect, test } from "vitest";
import { updateOf } from "../../../lambda/domain/finding.ts";
import {
  FindingsRejectedError,
  findingsOf,
  importBatches,
  publish,
  SecurityHubDisabledError,
} from "../../../lambda/securityhub/publish.ts";
import { cluster, clusterSubject, result } from "../../kit/results.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { type Site, startSite } from "../collect/site.ts";

simulateTime();

let site: Site | undefined;
afterEach(() => site?.aws.close());

/** A finding that Security Hub accepts. Each number gives another Id. */
function finding(number: number, more: Partial<AwsSecurityFinding> = {}): AwsSecurityFinding {
  const subject = clusterSubject({ cluster: cluster({ name: `c${number}` }), judgedAt: Date.now() });
  const [made] = findingsOf([updateOf(result("notApplicable", { subject }))], []);
  if (!made) throw new Error("A result makes a finding");
  return { ...made, ...more };
}

const findings = (count: number) => Array.from({ length: count }, (_, number) => finding(number));

test("250 findings are imported in 3 calls, and Security Hub holds all of them", async () => {
  site = await startSite({});
  const publication = await publish(site.clients.securityHub, findings(250));
  expect(publication.accepted.size).toBe(250);
  expect(publication.trouble).toEqual([]);
  expect(site.aws.findings()).toHaveLength(250);
  expect(Object.fromEntries(site.clients.calls)).toEqual({ "securityhub:BatchImportFindings": 3 });
});

test("makes no call without findings", async () => {
  site = await startSite({});
  expect(await publish(site.clients.securityHub, [])).toEqual({
    accepted: new Set(),
    refused: new Set(),
    rejected: 0,
    trouble: [],
    problems: [],
  });
  expect(site.clients.calls.size).toBe(0);
});

describe("a finding with line breaks", () => {
  const withBreaks = () =>
    finding(1, {
      Description: "First line\n  second line – with a dash",
      Remediation: { Recommendation: { Text: "a\nb" } },
    });

  test("is sent again in plain text if Security Hub rejects it, and a problem names the finding", async () => {
    site = await startSite({}, { unsettled: { lineBreaks: "rejected" } });
    const { accepted, rejected, trouble, problems } = await publish(site.clients.securityHub, [
      finding(2),
      withBreaks(),
    ]);
    expect([accepted.size, rejected, trouble]).toEqual([2, 0, []]);
    expect(problems).toEqual([
      expect.stringMatching(/^Security Hub rejected 1 finding and accepted .*plain text.*c1.*line break/),
    ]);
    const held = site.aws.findings().find(({ Id }) => Id === withBreaks().Id);
    expect(held?.Description).toBe("First line second line ? with a dash");
    expect(Object.fromEntries(site.clients.calls)).toEqual({ "securityhub:BatchImportFindings": 2 });
  });

  test("is imported unchanged if Security Hub accepts line breaks", async () => {
    site = await startSite({});
    await publish(site.clients.securityHub, [withBreaks()]);
    expect(site.aws.findings()[0]?.Description).toContain("\n");
  });
});

test("reports rejected findings, and imports the other findings", async () => {
  site = await startSite({});
  const bad = [finding(3, { Title: "x".repeat(300) }), finding(4, { Resources: [] })];
  const { accepted, refused, rejected, trouble } = await publish(site.clients.securityHub, [...findings(3), ...bad]);
  expect(accepted.size).toBe(3);
  expect(rejected).toBe(2);
  expect(refused).toEqual(new Set(bad.map(({ Id }) => Id)));
  expect(trouble).toEqual([expect.any(FindingsRejectedError)]);
  expect(trouble[0]).toMatchObject({ rejected: bad.map(({ Id }) => ({ Id, ErrorCode: "InvalidInput" })) });
  expect(String(trouble[0])).toContain(`rejected 2 findings, first ${bad[0]?.Id}`);
});

test("a call that fails does not stop the other calls", async () => {
  site = await startSite({});
  site.aws.faults.push({
    operation: "securityhub:BatchImportFindings",
    error: { code: "AccessDeniedException", status: 403, message: "User: u is not authorized" },
  });
  const { accepted, refused, trouble } = await publish(site.clients.securityHub, findings(101));
  expect([1, 100]).toContain(accepted.size);
  // Security Hub may or may not have accepted the other findings before the call failed.
  expect(refused.size).toBe(0);
  expect(trouble.map(String)).toEqual([expect.stringContaining("may not call securityhub:BatchImportFindings")]);
});

test.each([
  ["refuses each finding", {}],
  ["refuses the call", { error: { code: "InvalidAccessException", status: 401, message: "not subscribed" } }],
])("when Security Hub is off and %s, the error contains the service to enable", async (_, fault) => {
  site = await startSite({ securityHub: false });
  site.aws.faults.push({ operation: "securityhub:BatchImportFindings", times: 2, ...fault });
  const published = publish(site.clients.securityHub, findings(1));
  await expect(published).rejects.toThrow(SecurityHubDisabledError);
  await expect(published).rejects.toThrow(/Enable Security Hub CSPM in this account and Region/);
});

test("a throttled call is repeated until it succeeds", async () => {
  site = await startSite({});
  site.aws.faults.push({ operation: "securityhub:BatchImportFindings", error: "throttled" });
  expect(await publish(site.clients.securityHub, findings(1))).toMatchObject({ accepted: { size: 1 }, trouble: [] });
});

describe("batches", () => {
  const sized = (kilobytes: number) => finding(1, { Description: "x".repeat(kilobytes * 1000) });
  test.each([
    ["no call for no findings", [], []],
    ["up to 100 findings in one call", Array.from({ length: 100 }, () => sized(0)), [100]],
    ["the 101st finding in the next call", Array.from({ length: 101 }, () => sized(0)), [100, 1]],
    ["at most 6 MB in one call", Array.from({ length: 50 }, () => sized(238)), [24, 24, 2]],
    [
      "the size in bytes counts, not in characters",
      Array.from({ length: 50 }, () =>
        finding(1, { Note: { Text: "ü".repeat(119_000), UpdatedBy: "x", UpdatedAt: "2026-11-24T09:00:00Z" } }),
      ),
      [24, 24, 2],
    ],
    ["a finding that is too large gets its own call", [sized(0), sized(7_000), sized(0)], [1, 1, 1]],
  ])("%s", (_, all, sizes) => {
    const batches = [...importBatches(all)];
    expect(batches.map((batch) => batch.length)).toEqual(sizes);
    expect(batches.flat()).toEqual(all);
  });
});
