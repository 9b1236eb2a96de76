import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LocalAws } from "../../local-aws/server.ts";
import { id } from "../kit/nodes.ts";
import { simulateTime } from "../kit/simulated-time.ts";
import { stockEvidence } from "../lambda/stock-evidence.ts";
import { audit, badNode, node, startAws } from "./stage.ts";

simulateTime();

const folder = mkdtempSync(join(tmpdir(), "own-rules-"));
const rulesFile = join(folder, "rules.yaml");
const evidence = join(folder, "node.txt");
const exceptions = join(folder, "exceptions.yaml");
const brokenFile = join(folder, "broken.yaml");
const misspelt = join(folder, "misspelt.yaml");

const rest = "  title: At most 20 pods\n  severity: HIGH\n  remediation: Set maxPods.\n";
let aws: LocalAws;
beforeAll(async () => {
  writeFileSync(
    rulesFile,
    `- id: max-pods\n  passes: kubelet.maxPods <= 20\n${rest}  requirements: [NIST.800-53.r5 CM-6]\n`,
  );
  writeFileSync(brokenFile, `- id: owner\n  passes: 1 / kubelet.readOnlyPort == 1\n${rest}`);
  writeFileSync(misspelt, `- id: max-pods\n  passes: kubelet.maxPod <= 20\n${rest}`);
  const scope = `{ instance: ${id(2)} }`;
  writeFileSync(exceptions, `- { rule: max-pods, scope: ${scope}, reason: Small pods, until: 2099-12-31 }\n`);
  writeFileSync(evidence, await stockEvidence("al2023"));
  aws = await startAws([node(1), badNode(2)]);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await aws.close();
});

const onlyOwn = ["--rules", rulesFile, "--rule", "max-pods"];
const run = (...args: string[]) => audit(["run", ...args], aws.environment());

describe("eks-kubelet-auditor run --rules", () => {
  test("judges the own rules and the built-in ones, and accepts exceptions for own rules", async () => {
    const { out, code, err } = await run("--rules", rulesFile, "--exceptions", exceptions, "--output", "json");
    expect(err).toBe("");
    const { results } = JSON.parse(out);
    const own = results.filter(({ rule }: { rule: string }) => rule === "max-pods");
    expect(own).toMatchObject([
      {
        node: id(1),
        status: "failed",
        severity: "HIGH",
        requirement: "NIST.800-53.r5 CM-6",
        value: "58",
        fix: "Set maxPods.",
      },
      { node: id(2), status: "excepted" },
    ]);
    expect(results.length).toBeGreaterThan(20);
    expect(code).toBe(1);
  });

  test.each([
    ["table", /^high +1 {2}Not met: At most 20 pods\n +max-pods: 58 from .*\n.*\n +Fix: Set maxPods\.$/m],
    ["csv", /^failed,HIGH,max-pods,NIST\.800-53\.r5 CM-6,/m],
    [
      "junit",
      /<testcase name="max-pods" classname="prod\.general" time="0">\s+<failure type="NOT_COMPLIANT" message="kubelet\.maxPods is 58\."/,
    ],
    ["ocsf", /"control":"max-pods","standards":\["eks-kubelet-auditor"\],"requirements":\["NIST\.800-53\.r5 CM-6"\]/],
    ["asff", /"GeneratorId": "eks-kubelet-auditor\/max-pods"/],
    ["html", /"id":"max-pods","title":"At most 20 pods"/],
  ])("--output %s contains the own rules", async (format, expected) => {
    const { out } = await run(...onlyOwn, "--output", format);
    expect(out).toMatch(expected);
  });

  test("--output sarif describes the own rules", async () => {
    const { out } = await run(...onlyOwn, "--output", "sarif");
    const [{ tool, results }] = JSON.parse(out).runs;
    const descriptors = tool.driver.rules;
    expect(results).toMatchObject([{ ruleId: "max-pods", ruleIndex: descriptors.length - 1, level: "error" }]);
    expect(descriptors.at(-1)).toMatchObject({ id: "max-pods", shortDescription: { text: "At most 20 pods" } });
    expect(descriptors.at(-1).help.text).toContain("NIST.800-53.r5 CM-6");
  });

  test("exits with 2 and an error that names a rule which cannot be evaluated", async () => {
    const { code, err, out } = await run("--rules", brokenFile, "--output", "csv", "--fail-on", "failed");
    expect(code).toBe(2);
    expect(err).toMatch(
      /The rule owner failed on i-0+1: division by zero\. Correct the rule owner in \S+broken\.yaml\./,
    );
    expect(out).toContain("passed,HIGH,client-ca-file");
  });

  test.each(["run", "check", "rules", "explain"])(
    "%s rejects a file with a mistake and names its line",
    async (command) => {
      const names = { check: [evidence], explain: ["max-pods"] }[command] ?? [];
      const { code, err } = await audit([command, ...names, "--rules", misspelt], aws.environment());
      expect(code).toBe(2);
      expect(err).toContain(
        'line 2, rule 1 (max-pods), passes: kubelet has no field "maxPod"; did you mean kubelet.maxPods?',
      );
    },
  );

  test("suggests an own rule for a misspelt name", async () => {
    const { err } = await run("--rules", rulesFile, "--rule", "max-pod");
    expect(err).toContain("Did you mean max-pods?");
  });
});

describe("eks-kubelet-auditor check --rules", () => {
  test("judges saved evidence by the rules of the file", async () => {
    const { out, code } = await audit(["check", evidence, "--rules", rulesFile, "--json"]);
    const own = { rule: "max-pods", status: "failed", because: "kubelet.maxPods is 58.", value: 58 };
    expect(JSON.parse(out).verdicts.at(-1)).toMatchObject(own);
    expect(code).toBe(1);
  });

  test.each([
    ["in the table of one file", [evidence]],
    ["in the common document of two files", [evidence, evidence]],
  ])("names a rule that cannot be evaluated, with its file, and exits with 2, %s", async (_, files) => {
    const { err, code } = await audit(["check", ...files, "--rules", brokenFile]);
    expect(err).toContain(
      `the rule owner could not be evaluated: division by zero. Correct the rule owner in ${brokenFile}.`,
    );
    expect(code).toBe(2);
  });
});

test("eks-kubelet-auditor rules --rules lists the own rules after the built-in ones", async () => {
  const { out } = await audit(["rules", "--rules", rulesFile, "--json"]);
  expect(JSON.parse(out).at(-1)).toMatchObject({
    id: "max-pods",
    title: "At most 20 pods",
    severity: "HIGH",
    controls: ["NIST.800-53.r5 CM-6"],
    passes: "The expression is true: kubelet.maxPods <= 20",
  });
});

test("eks-kubelet-auditor explain --rules explains an own rule", async () => {
  const { out, code } = await audit(["explain", "max-pods", "--rules", rulesFile]);
  expect(out).toContain("The expression is true: kubelet.maxPods <= 20");
  expect(out).toContain("Set maxPods.");
  expect(code).toBe(0);
});
