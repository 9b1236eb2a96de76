import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import draft04 from "ajv-draft-04";
import formats from "ajv-formats";
import { parse } from "csv-parse/sync";
import { XMLParser } from "fast-xml-parser";
import type { Log } from "sarif";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import type { Found } from "../../../bin/cli/formats/format.ts";
import { runFormats } from "../../../bin/cli/formats/index.ts";
import { inOrder } from "../../../bin/cli/result.ts";
import { auditRegion } from "../../../bin/cli/run/region.ts";
import { plainScreen } from "../../../bin/cli/screen.ts";
import type { Status } from "../../../lambda/domain/result.ts";
import { rules } from "../../../lambda/rules/index.ts";
import type { LocalAws } from "../../../local-aws/server.ts";
import ocsfSchema from "../../schemas/ocsf-1.5.0-compliance-finding.json" with { type: "json" };
import sarifSchema from "../../schemas/sarif-2.1.0-rtm.5.json" with { type: "json" };
import { account, badNode, cluster, id, node, region, startAws } from "../stage.ts";

/** A formula, a bell, a mark that turns the reading direction, markup, and what no XML may hold. */
const hostile = '=HYPERLINK("http://x")\u0007\u202e<b>]]>&\uffff';
const tagged = (group: string) => ({ "eks:cluster-name": "prod", "eks:nodegroup-name": group });
const excepted = { rule: "read-only-port", scope: { instance: id(3) }, reason: "Being replaced", until: "2099-12-31" };
const trouble = [{ where: "eu-west-1", error: new Error(`no way in ${hostile}`) }];

let aws: LocalAws;
let found: Found;
const withStatus = (...wanted: Status[]) => found.results.filter(({ status }) => wanted.includes(status));

beforeAll(async () => {
  const nodes = [
    node(1),
    badNode(2, { tags: tagged(hostile) }),
    badNode(3),
    // Its agent never registered.
    { ...node(4), agent: undefined },
    node(5, {
      agent: { ping: "Online", platformType: "Linux", platformName: "Bottlerocket", platformVersion: "1.26.1" },
      tree: { kind: "bottlerocket-control" },
    }),
  ].map(({ agent, ...rest }) => ({ ...rest, ...(agent && { agent }) }));
  aws = await startAws(nodes, [cluster("prod", { fargateProfiles: ["nightly"] })]);
  Object.assign(process.env, aws.environment());
  const wish = { rules: {}, exceptions: [excepted], publish: false };
  const audited = await auditRegion(region, wish, () => {}, new AbortController().signal);
  found = { audited: [audited], results: inOrder(audited.results), trouble };
});
afterAll(() => aws.close());

test("the results hold every status, so that each format has to do with each", () => {
  expect(new Set(found.results.map(({ status }) => status))).toEqual(
    new Set(["passed", "failed", "excepted", "notAvailable", "notApplicable"]),
  );
  expect(found.results).toHaveLength(5 * rules.length + 1);
});

test("they come by cluster, node and rule, whoever answered first", () => {
  const [ofCluster, ...ofNodes] = found.results;
  expect(ofCluster?.subject.id).toBe("cluster");
  const expected = [1, 2, 3, 4, 5].flatMap((number) => rules.map((rule) => `${id(number)} ${rule.id}`));
  expect(ofNodes.map(({ subject, rule }) => `${subject.id} ${rule.id}`)).toEqual(expected);
});

describe("SARIF", () => {
  let log: Log;
  beforeAll(() => {
    log = JSON.parse(runFormats.sarif(found));
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
    const [ofNode2, ...others] = printsIn(runFormats.sarif({ ...found, results: alone }));
    expect(others).toHaveLength(2);
    expect(ofNode2["findingId/v1"]).toBe(`eks-kubelet-auditor/client-ca-file/${account}/${region}/prod/${id(2)}`);
    expect(printsIn(runFormats.sarif(found))).toContainEqual(ofNode2);
  });

  test("has a run without results where all passed, which closes what was open", () => {
    const { runs } = JSON.parse(runFormats.sarif({ ...found, results: withStatus("passed") }));
    expect(runs).toMatchObject([{ results: [] }]);
  });
});

describe("JUnit XML", () => {
  test("keeps the schema that Jenkins has", async () => {
    const schema = readFileSync(new URL("../../schemas/junit-10.xsd", import.meta.url), "utf8");
    const { errors } = await validateXML({
      xml: { fileName: "kubelets.xml", contents: runFormats.junit(found) },
      schema,
    });
    expect(errors).toEqual([]);
  });

  test("counts failures, errors and what is skipped, trouble among the errors", () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: "",
      isArray: (name) => name === "testsuite",
    });
    const { testsuites } = parser.parse(runFormats.junit(found));
    expect(testsuites).toMatchObject({
      tests: `${found.results.length + 1}`,
      failures: `${withStatus("failed").length}`,
      errors: `${withStatus("notAvailable").length + 1}`,
    });
    const skipped = testsuites.testsuite.map((suite: { skipped: string }) => Number(suite.skipped));
    expect(skipped.reduce((sum: number, count: number) => sum + count)).toBe(
      withStatus("excepted", "notApplicable").length,
    );
  });
});

describe("OCSF", () => {
  const eventsIn = () =>
    runFormats
      .ocsf(found)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("keeps the schema of Compliance Finding, one event a line", () => {
    const ajv = new Ajv({ strict: false });
    const validate = ajv.compile(ocsfSchema);
    const events = eventsIn();
    expect(events).toHaveLength(found.results.length);
    for (const event of events) expect(validate(event), ajv.errorsText(validate.errors)).toBe(true);
  });

  test("only what passed is Pass, and severity is for what failed", () => {
    const events = eventsIn();
    expect(events.filter(({ compliance }) => compliance.status_id === 1)).toHaveLength(withStatus("passed").length);
    expect(events.filter(({ severity_id }) => severity_id > 1)).toHaveLength(withStatus("failed").length);
    expect(events.filter(({ status }) => status === "Suppressed")).toHaveLength(withStatus("excepted").length);
  });
});

test("HTML has every node, and nothing of what a node is called is markup", () => {
  const text = runFormats.html(found);
  for (let number = 1; number <= 5; number++) expect(text).toContain(id(number));
  expect(text).toContain("Being replaced");
  expect(text).toContain("no way in");
  expect(text).not.toMatch(/<b>|(?!\n)[\p{Cc}\p{Cf}]/u);
});

describe("CSV", () => {
  test("has a line a result under its header, and no cell is a formula or hides anything", () => {
    const text = runFormats.csv(found);
    const rows = parse(text, { columns: true });
    expect(rows).toHaveLength(found.results.length);
    expect(rows[1]).toMatchObject({ status: "passed", cluster: "prod", node: id(1), rule: "kubeconfig-mode" });
    const cells = rows.flatMap((row) => Object.values(row ?? {}));
    expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(String(cell)))).toEqual([]);
    expect(text).toContain("'=HYPERLINK");
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("JSON", () => {
  test("has each Region's figures, all results and all trouble", () => {
    const { regions, results, ...rest } = JSON.parse(runFormats.json(found));
    expect(regions).toMatchObject([{ account, region, nodes: { total: 5, audited: 4 } }]);
    expect(results).toHaveLength(found.results.length);
    expect(rest.trouble).toMatchObject([{ where: "eu-west-1", error: "Error" }]);
  });
});

describe("the table", () => {
  const text = (listsNodes: boolean) => runFormats.table(found, { screen: plainScreen, listsNodes });

  test("shows the sums, causes with value, origin, place and fix, and unreadable nodes by reason", () => {
    const shown = text(false);
    expect(shown).toMatch(
      /^5 nodes in 1 cluster: 2 failing, 2 compliant, 1 unreadable\.\nCoverage: 80 %\. Failures: 9 \(6 high, 1 medium, 2 low\)\. 1 failure excepted\.$/m,
    );
    expect(shown.replaceAll("\n", "")).not.toMatch(/[<>\p{Cc}\p{Cf}]/u);
    expect(shown).toMatch(
      /^high +2 {2}The kubelet has no client CA .*\n +client-ca-file: "" from \S+90-site\.conf\n +in .*prod \/ general\n +Fix: Set /m,
    );
    expect(shown).toMatch(
      /^UNREADABLE {2}1 node, by reason\n +nodes\n +1 {2}NOT_REGISTERED_WITH_SSM: prod \/ general\n +Fix: /m,
    );
    expect(shown).toMatch(/^ {2}prod: Fargate/m);
  });

  test("lists no node unless asked, and then each once, worst first", () => {
    expect(text(false)).not.toMatch(/i-0{16}/);
    const [, list = ""] = text(true).split("NODES  5, worst first\n");
    const rows = list.trimEnd().split("\n");
    expect(rows.map((row) => /i-0+(\d)/.exec(row)?.[1])).toEqual(["2", "3", "4", "1", "5"]);
    expect(rows[0]).toMatch(/^FAILED +high +i-0+2 +prod \/ .* client-ca-file, /);
    expect(rows[2]).toMatch(/^unreadable +i-0+4 +prod \/ general +NOT_REGISTERED_WITH_SSM$/);
  });
});
