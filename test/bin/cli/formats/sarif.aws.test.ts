import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import type { Log } from "sarif";
import { beforeAll, describe, expect, test } from "vitest";
import { sarif } from "../../../../bin/cli/formats/sarif.ts";
import sarifSchema from "../../../schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { account, id, region } from "../../stage.ts";
import { found, view, withStatus } from "./found.ts";

describe("SARIF", () => {
  let log: Log;
  beforeAll(() => {
    log = JSON.parse(sarif.write(found, view));
  });

  test("keeps the schema of OASIS", () => {
    const ajv = new draft04.default({ strict: false, unicodeRegExp: false });
    formats.default(ajv, ["uri", "uri-reference", "date-time"]);
    expect(ajv.validate(sarifSchema, log), ajv.errorsText()).toBe(true);
  });

  test("tells what failed, with a level, and what could not be told, without; and nothing that passed", () => {
    const [{ results = [] } = {}] = log.runs;
    const count = (kind: string) => results.filter((result) => result.kind === kind).length;
    expect(count("fail")).toBe(withStatus("failed", "excepted").length);
    expect(count("open")).toBe(withStatus("notAvailable").length);
    expect(results.every(({ kind, level }) => (kind === "open") === (level === "none"))).toBe(true);
    expect(results.filter(({ suppressions }) => suppressions)).toMatchObject([
      { ruleId: "read-only-port", suppressions: [{ justification: expect.stringContaining("Being replaced") }] },
    ]);
  });

  test("has all that code scanning asks for: a category, a file, a fingerprint of each finding, help and severity of rules", () => {
    const [{ automationDetails, results = [], tool } = { tool: { driver: { name: "" } } }] = log.runs;
    expect(automationDetails?.id).toBe(`eks-kubelet-auditor/${account}/${region}/`);
    const prints = results.map(({ partialFingerprints }) => partialFingerprints?.primaryLocationLineHash);
    expect(new Set(prints).size).toBe(results.length);
    expect(results.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri)).toContain(
      `eks/${account}/${region}/prod/${id(2)}`,
    );
    for (const { help, properties, defaultConfiguration } of tool.driver.rules ?? []) {
      expect(help?.text).toMatch(/\w/);
      expect(Number(properties?.["security-severity"])).toBeGreaterThan(0);
      expect(defaultConfiguration?.level).toMatch(/^(error|warning|note)$/);
    }
  });

  test("names a finding alike in every run, whatever else there is", () => {
    const printsIn = (text: string) =>
      JSON.parse(text).runs[0].results.map((result: { partialFingerprints: object }) => result.partialFingerprints);
    const alone = found.results.filter(({ rule }) => rule.id === "client-ca-file");
    const [ofNode2, ...others] = printsIn(sarif.write({ ...found, results: alone }, view));
    expect(others).toHaveLength(2);
    expect(ofNode2["findingId/v1"]).toBe(`eks-kubelet-auditor/client-ca-file/${account}/${region}/prod/${id(2)}`);
    expect(printsIn(sarif.write(found, view))).toContainEqual(ofNode2);
  });

  test("has a run without results where all passed, which closes what was open", () => {
    const { runs } = JSON.parse(sarif.write({ ...found, results: withStatus("passed") }, view));
    expect(runs).toMatchObject([{ results: [] }]);
  });
});
