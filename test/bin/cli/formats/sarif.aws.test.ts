import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import type { Log } from "sarif";
import { beforeAll, describe, expect, test } from "vitest";
import { sarif } from "../../../../bin/cli/formats/sarif.ts";
import { id } from "../../../kit/nodes.ts";
import sarifSchema from "../../../schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { account, region } from "../../stage.ts";
import { found, view, withStatus } from "./found.ts";

describe("SARIF", () => {
  let log: Log;
  beforeAll(() => {
    log = JSON.parse(sarif.write(found, view));
  });

  test("conforms to the schema of OASIS", () => {
    const ajv = new draft04.default({ strict: false, unicodeRegExp: false });
    formats.default(ajv, ["uri", "uri-reference", "date-time"]);
    expect(ajv.validate(sarifSchema, log), ajv.errorsText()).toBe(true);
  });

  test("contains an alert for each rule that fails in a node group, and for each reason of unreadable nodes", () => {
    const alerts = withStatus("failed").map(({ rule, subject, reasons }) =>
      rule.id === "node-auditable"
        ? reasons[0]?.code
        : `${rule.id} ${subject.kind === "node" && subject.node.group.name}`,
    );
    const [{ results = [] } = {}] = log.runs;
    expect(results).toHaveLength(new Set(alerts).size);
    expect(results.filter(({ kind, suppressions }) => kind || suppressions)).toEqual([]);
    const ofUnreadable = results.find(({ ruleId }) => ruleId === "node-auditable");
    expect(ofUnreadable?.message.text).toMatch(/^1 node could not be read\..*i-0+4 \(prod\)/s);
  });

  test("counts and lists the failing nodes of a node group, with reason and fix", () => {
    const twin = withStatus("failed").flatMap((result) => {
      const { subject } = result;
      return subject.kind === "node" && subject.id === id(3)
        ? [{ ...result, subject: { ...subject, id: id(33) } }]
        : [];
    });
    const both = { ...found, results: [...found.results, ...twin] };
    const [{ results }] = JSON.parse(sarif.write(both, view)).runs;
    const texts = results.map(({ message }: { message: { text: string } }) => message.text);
    expect(texts).toContainEqual(
      expect.stringMatching(
        /^2 of \d+ nodes of general in cluster prod fail\.\n\nauthentication\.x509.*\nNodes: i-0+3 \(prod\), i-0+33 \(prod\)\n\nFix: /s,
      ),
    );
  });

  test("contains what code scanning requires: a category, a fingerprint per alert, help and severity of rules", () => {
    const [{ automationDetails, results = [], tool } = { tool: { driver: { name: "" } } }] = log.runs;
    expect(automationDetails?.id).toBe(`eks-kubelet-auditor/${account}/${region}/`);
    const prints = results.map(({ partialFingerprints }) => partialFingerprints?.primaryLocationLineHash);
    expect(new Set(prints).size).toBe(results.length);
    for (const { help, properties, defaultConfiguration } of tool.driver.rules ?? []) {
      expect(help?.text).toMatch(/\w/);
      expect(Number(properties?.["security-severity"])).toBeGreaterThan(0);
      expect(defaultConfiguration?.level).toMatch(/^(error|warning|note)$/);
    }
  });

  test.each([
    [
      "the given file of the repository",
      { location: ".github/workflows/kubelets.yml" },
      ".github/workflows/kubelets.yml",
    ],
    ["a path made of account, Region and cluster if no file is given", {}, `eks/${account}/${region}/prod`],
  ])("locates alerts at %s", (_, more, uri) => {
    const { runs }: Log = JSON.parse(sarif.write(found, { ...view, ...more }));
    const uris = runs[0]?.results?.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri);
    expect(new Set(uris)).toEqual(new Set([uri]));
  });

  test("gives an alert the same fingerprint in every run, although other nodes fail", () => {
    const printsIn = (text: string) =>
      JSON.parse(text).runs[0].results.map((result: { partialFingerprints: object }) => result.partialFingerprints);
    const [alone] = withStatus("failed").filter(
      ({ rule, subject }) => rule.id === "client-ca-file" && subject.id === id(3),
    );
    const [print, ...others] = printsIn(sarif.write({ ...found, results: alone ? [alone] : [] }, view));
    expect(others).toEqual([]);
    expect(printsIn(sarif.write(found, view))).toContainEqual(print);
  });

  test("writes a run without results if every rule passed, so that code scanning closes open alerts", () => {
    const { runs } = JSON.parse(sarif.write({ ...found, results: withStatus("passed") }, view));
    expect(runs).toMatchObject([{ results: [] }]);
  });
});
