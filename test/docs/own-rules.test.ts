import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { functionNames } from "../../lambda/own-rules/functions.ts";
import { nodeFields } from "../../lambda/own-rules/node-value.ts";
import { readRulesFile } from "../../lib/rules-file.ts";
import { inventoried, judgedBy } from "../lambda/own-rules/own-rules-on.ts";
import type { NodeState } from "../node-state.ts";

const page = readFileSync("docs/own-rules.md", "utf8");
const folder = mkdtempSync(join(tmpdir(), "own-rules-page-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The rules of all examples, as one file. */
const rules = [...page.matchAll(/^( *)```yaml\n(.*?)^ *```/gms)].flatMap(([, indent = "", block = ""], index) => {
  const file = join(folder, `${index}.yaml`);
  writeFileSync(file, block.replaceAll(new RegExp(`^${indent}`, "gm"), ""));
  return readRulesFile(file);
});
const kubelet = (file: object): NodeState => ({ version: "1.34", file });
const reserved = (memory: string) => kubelet({ kubeReserved: { memory } });
const suites = (...tlsCipherSuites: string[]) => kubelet({ tlsCipherSuites });
const approved = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256";

/** Configurations of nodes that pass and that fail each example. Fields without a value have the kubelet's default. */
const nodes: Readonly<Record<string, { passed: NodeState[]; failed: NodeState[] }>> = {
  "max-pods": { passed: [kubelet({ maxPods: 58 })], failed: [kubelet({ maxPods: 59 }), kubelet({})] },
  "max-pods-by-type": { passed: [kubelet({ maxPods: 29 })], failed: [kubelet({ maxPods: 30 }), kubelet({})] },
  "reserved-memory": {
    passed: [reserved("255Mi"), reserved("1Gi")],
    failed: [reserved("254Mi"), reserved("200000Ki"), kubelet({}), kubelet({ kubeReserved: { cpu: "1" } })],
  },
  "approved-cipher-suites": {
    passed: [suites(approved)],
    failed: [suites(), suites(approved, "TLS_RSA_WITH_AES_128_GCM_SHA256"), kubelet({})],
  },
  "log-rotation": {
    passed: [kubelet({}), kubelet({ containerLogMaxSize: "50Mi", containerLogMaxFiles: 5 })],
    failed: [
      kubelet({ containerLogMaxSize: "50Mi", containerLogMaxFiles: 6 }),
      kubelet({ containerLogMaxSize: "1Gi" }),
    ],
  },
  "image-garbage-collection": {
    passed: [kubelet({ imageGCHighThresholdPercent: 80, imageGCLowThresholdPercent: 70, imageMaximumGCAge: "336h" })],
    failed: [
      kubelet({}),
      kubelet({ imageGCHighThresholdPercent: 80, imageGCLowThresholdPercent: 70, imageMaximumGCAge: "337h" }),
      kubelet({ imageGCHighThresholdPercent: 80, imageGCLowThresholdPercent: 70 }),
      kubelet({ imageGCHighThresholdPercent: 85, imageMaximumGCAge: "336h" }),
      { ...kubelet({ imageGCHighThresholdPercent: 80, imageGCLowThresholdPercent: 70 }), version: "1.28" },
    ],
  },
};

test("this test covers all examples of the page", () => {
  expect(rules.map(({ id }) => id)).toEqual(Object.keys(nodes));
});

describe.each(rules)("the example $id", (rule) => {
  const { passed, failed } = nodes[rule.id] ?? { passed: [], failed: [] };
  test.each([
    ...passed.map((state) => ["passed", state] as const),
    ...failed.map((state) => ["failed", state] as const),
  ])("%s: %j", (status, state) => {
    expect(judgedBy(rule, state)).toMatchObject({ status, errors: [] });
  });
});

test("the example for instance types does not apply to another type", () => {
  const rule = rules.find(({ id }) => id === "max-pods-by-type") ?? expect.fail("the page lacks the example");
  const node = { ...inventoried, instanceType: "c7g.large" };
  expect(judgedBy(rule, kubelet({}), { node })).toMatchObject({ reason: "NOT_APPLICABLE", errors: [] });
});

test("the page names each function and each field of node", () => {
  const [, functions = ""] = /^## Functions\n(.*?)^## /ms.exec(page) ?? [];
  for (const name of functionNames) expect(functions).toContain(`\`${name}\``);
  for (const name of Object.keys(nodeFields)) expect(page).toContain(`\`node.${name}\``);
});
