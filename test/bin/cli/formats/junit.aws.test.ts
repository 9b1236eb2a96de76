import { readFileSync } from "node:fs";
import { XMLParser } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { junit } from "../../../../bin/cli/formats/junit.ts";
import { found, view, withStatus } from "./found.ts";

describe("JUnit XML", () => {
  test("conforms to the schema of Jenkins", async () => {
    const schema = readFileSync(new URL("../../../schemas/junit-10.xsd", import.meta.url), "utf8");
    const { errors } = await validateXML({
      xml: { fileName: "kubelets.xml", contents: junit.write(found, view) },
      schema,
    });
    expect(errors).toEqual([]);
  });

  test("counts failures, errors and skipped cases; errors of the run count as errors", () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: "",
      isArray: (name) => name === "testsuite",
    });
    const { testsuites } = parser.parse(junit.write(found, view));
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

  test("names the class of a case after cluster and node group, and dates the suite", () => {
    const text = junit.write(found, view);
    expect(text).toMatch(/<testcase name="client-ca-file" classname="prod\.general" time="0"/);
    expect(text).toMatch(/<testsuite name="[^"]+" timestamp="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d" time="0"/);
  });
});
