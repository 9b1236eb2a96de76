import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readConfig } from "../../lambda/config.ts";

const DOCUMENT_NAME = "EksKubeletAudit";
const LEDGER_BUCKET = "ledgers";
const DOCUMENT_SHA256 = "0".repeat(64);
const needed = { DOCUMENT_NAME, DOCUMENT_SHA256, LEDGER_BUCKET };

describe("the setting CLUSTERS", () => {
  test.each([
    ["includes all clusters when it is absent", undefined, "prod-a", true],
    ["includes all clusters when it is empty", "", "prod-a", true],
    ["includes a cluster that matches an include pattern", '{"include": ["prod-*"]}', "prod-a", true],
    ["excludes a cluster that matches no include pattern", '{"include": ["prod-*"]}', "dev-a", false],
    ["excludes a cluster that matches an exclude pattern", '{"exclude": ["dev-?"]}', "dev-a", false],
    ["matches exactly one character with a question mark", '{"exclude": ["dev-?"]}', "dev-ab", true],
    [
      "excludes a cluster that matches both kinds of patterns",
      '{"include": ["prod-*"], "exclude": ["prod-lab"]}',
      "prod-lab",
      false,
    ],
    ["matches a pattern with the whole name", '{"include": ["prod"]}', "prod-a", false],
    ["excludes all clusters when the include list is empty", '{"include": []}', "prod-a", false],
  ] as const)("%s", (_, CLUSTERS, name, audited) => {
    const config = readConfig({ ...needed, ...(CLUSTERS !== undefined && { CLUSTERS }) });
    expect(config.isAudited(name)).toBe(audited);
  });
});

test.each([
  ["true", true],
  ["", false],
  [undefined, false],
] as const)("HYBRID=%s sets hybrid to %s", (HYBRID, hybrid) => {
  expect(readConfig({ ...needed, ...(HYBRID !== undefined && { HYBRID }) }).hybrid).toBe(hybrid);
});

test.each([
  ["true", true],
  ["", false],
  [undefined, false],
] as const)("REPORT=%s sets report to %s", (REPORT, report) => {
  expect(readConfig({ ...needed, ...(REPORT !== undefined && { REPORT }) }).report).toBe(report);
});

describe("readConfig throws an error with the variable and the problem for", () => {
  test.each([
    ["no document", {}, /DOCUMENT_NAME is not set/],
    ["an empty document name", { DOCUMENT_NAME: "" }, /DOCUMENT_NAME is ""/],
    ["no hash of the document", { DOCUMENT_NAME, LEDGER_BUCKET }, /DOCUMENT_SHA256 is not set/],
    ["an invalid hash", { DOCUMENT_NAME, DOCUMENT_SHA256: "abc", LEDGER_BUCKET }, /DOCUMENT_SHA256 is "abc"/],
    ["no bucket", { DOCUMENT_NAME, DOCUMENT_SHA256 }, /LEDGER_BUCKET is not set/],
    ["clusters that are not JSON", { ...needed, CLUSTERS: "prod" }, /CLUSTERS is "prod": .*not JSON/s],
    ["clusters with a misspelt key", { ...needed, CLUSTERS: '{"inklude": []}' }, /CLUSTERS is .*inklude/s],
    ["clusters of another shape", { ...needed, CLUSTERS: '["prod"]' }, /CLUSTERS is /],
    ["an unknown rule", { ...needed, RULES: '{"client-ca-fil": "off"}' }, /client-ca-file/],
    ["a role without an external id", { ...needed, MEMBER_ROLE: "auditor" }, /EXTERNAL_ID is not set/],
    ["an unknown benchmark", { ...needed, BENCHMARK_VERSION: "9.9" }, /BENCHMARK_VERSION is "9.9".*1\.8\.0/],
  ] as const)("%s", (_, environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});

test("readConfig returns rules and benchmark unchanged", () => {
  const BENCHMARKS = '["cis-eks", "stig"]';
  const config = readConfig({
    ...needed,
    RULES: '{"event-qps": "off"}',
    BENCHMARKS,
    STIG_BY_LETTER: "true",
    BENCHMARK_VERSION: "1.5.0",
  });
  expect(config).toMatchObject({
    documentName: DOCUMENT_NAME,
    documentSha256: DOCUMENT_SHA256,
    ledgerBucket: LEDGER_BUCKET,
    exceptions: [],
    rules: { "event-qps": "off" },
    benchmarks: ["cis-eks", "stig"],
    stigByLetter: true,
    benchmarkVersion: "1.5.0",
  });
});

test("readConfig returns a membership only when a role with its external id is set", () => {
  const { membership } = readConfig({ ...needed, MEMBER_ROLE: "auditor", EXTERNAL_ID: "0ac3d1f2" });
  expect(membership).toEqual({ roleName: "auditor", externalId: "0ac3d1f2" });
  expect(readConfig(needed)).not.toHaveProperty("membership");
});

describe("exceptions", () => {
  const file = join(mkdtempSync(join(tmpdir(), "exceptions-")), "exceptions.yaml");
  afterAll(() => rmSync(dirname(file), { recursive: true }));

  test("are read from the file", () => {
    writeFileSync(file, "- { rule: event-qps, scope: { cluster: prod }, reason: wanted, until: 2027-03-31 }");
    const { exceptions } = readConfig({ ...needed, EXCEPTIONS_FILE: file });
    expect(exceptions).toEqual([
      { rule: "event-qps", scope: { cluster: "prod" }, reason: "wanted", until: "2027-03-31" },
    ]);
  });

  test("are rejected if they are limited by a tag and EXCEPTION_SCOPES allows only clusters", () => {
    writeFileSync(file, '- { rule: event-qps, scope: { tag: "team=a" }, reason: wanted, until: 2027-03-31 }');
    const EXCEPTION_SCOPES = '["cluster"]';
    expect(() => readConfig({ ...needed, EXCEPTIONS_FILE: file, EXCEPTION_SCOPES })).toThrow(
      'entry 1 (event-qps), scope, tag: the setting "exceptionScopes" does not allow it; use only cluster',
    );
    expect(() => readConfig({ ...needed, EXCEPTIONS_FILE: file, EXCEPTION_SCOPES: '["host"]' })).toThrow(
      /EXCEPTION_SCOPES is/,
    );
  });

  test("throw an error if they are invalid", () => {
    writeFileSync(file, "- rule: event-qps");
    expect(() => readConfig({ ...needed, EXCEPTIONS_FILE: file })).toThrow("exceptions.yaml cannot be used");
  });
});
