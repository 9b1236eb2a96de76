import { describe, expect, test } from "vitest";
import { readConfig } from "../../lambda/config.ts";

const DOCUMENT_NAME = "EksKubeletAudit";

describe("which clusters are audited", () => {
  test.each([
    ["all, when nothing is said", undefined, "prod-a", true],
    ["all, when the variable is empty", "", "prod-a", true],
    ["one that a pattern includes", '{"include": ["prod-*"]}', "prod-a", true],
    ["not one that no pattern includes", '{"include": ["prod-*"]}', "dev-a", false],
    ["not one that a pattern excludes", '{"exclude": ["dev-?"]}', "dev-a", false],
    ["a question mark is one character", '{"exclude": ["dev-?"]}', "dev-ab", true],
    ["exclusion wins over inclusion", '{"include": ["prod-*"], "exclude": ["prod-lab"]}', "prod-lab", false],
    ["a pattern covers the whole name", '{"include": ["prod"]}', "prod-a", false],
    ["none, when no pattern may match", '{"include": []}', "prod-a", false],
  ] as const)("%s", (_, CLUSTERS, name, audited) => {
    const config = readConfig({ DOCUMENT_NAME, ...(CLUSTERS !== undefined && { CLUSTERS }) });
    expect(config.isAudited(name)).toBe(audited);
  });
});

describe("an environment that cannot be used says which variable and why", () => {
  test.each([
    ["no document", {}, /DOCUMENT_NAME is not set/],
    ["an empty document name", { DOCUMENT_NAME: "" }, /DOCUMENT_NAME is ""/],
    ["clusters that are no JSON", { DOCUMENT_NAME, CLUSTERS: "prod" }, /CLUSTERS is "prod": .*not JSON/s],
    ["clusters with a slip", { DOCUMENT_NAME, CLUSTERS: '{"inklude": []}' }, /CLUSTERS is .*inklude/s],
    ["clusters of another shape", { DOCUMENT_NAME, CLUSTERS: '["prod"]' }, /CLUSTERS is /],
    ["a rule nobody knows", { DOCUMENT_NAME, RULES: '{"client-ca-fil": "off"}' }, /client-ca-file/],
    ["a benchmark nobody knows", { DOCUMENT_NAME, BENCHMARK_VERSION: "9.9" }, /BENCHMARK_VERSION is "9.9".*1\.8\.0/],
  ] as const)("%s", (_, environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});

test("rules and benchmark come through as they were said", () => {
  const config = readConfig({ DOCUMENT_NAME, RULES: '{"event-qps": "off"}', BENCHMARK_VERSION: "1.5.0" });
  expect(config).toMatchObject({
    documentName: DOCUMENT_NAME,
    rules: { "event-qps": "off" },
    benchmarkVersion: "1.5.0",
  });
});
