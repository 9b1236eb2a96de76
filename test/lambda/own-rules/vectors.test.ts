import { expect, test } from "vitest";
import { type LeafField, leaves } from "../../../lambda/kubelet/fields.ts";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { ownRuleCompiler } from "../../../lambda/own-rules/compile.ts";
import type { AuditedNode } from "../../../lambda/rules/kit/rule.ts";
import { type Answered, answeredCases, answerOf, isObject } from "../kubelet/configz-vectors.ts";
import { evidenceOf } from "../kubelet/vectors.ts";
import { ownRule } from "./own-rules-on.ts";

const compiler = ownRuleCompiler();

/**
 * Fields that are not compared. The first depends on the machine, the next two stay on the node, and the last can be a
 * number in the response, for which expressions get a duration. Structs in lists are not compared either.
 */
const excluded = ["cgroupDriver", "staticPodURL", "staticPodURLHeader", "logging.flushFrequency"];
const compared = [...leaves.values()].filter(
  ({ path, kind, object }) => !excluded.includes(path) && kind !== "any" && kind !== "struct" && object === undefined,
);

/** Expressions that are true exactly if all fields have the values of the response. */
function expressionsFor(configz: object, minor: number): string[] {
  const parts = compared
    .filter(({ since }) => since <= minor)
    .map((field) => {
      const value = field.path
        .split(".")
        .reduce<unknown>((at, name) => (isObject(at) ? Reflect.get(at, name) : undefined), configz);
      const path = `kubelet.${field.path}`;
      return value === undefined ? `!has(${path})` : `has(${path}) && ${path} == ${literal(value, field)}`;
    });
  return chunks(parts, 15).map((some) => some.join(" && "));
}

function literal(value: unknown, { kind }: LeafField): string {
  if (Array.isArray(value)) return `[${value.map((each) => literalOf(each, kind)).join(", ")}]`;
  if (!isObject(value)) return literalOf(value, kind);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${literalOf(each, kind)}`);
  return `{${entries.join(", ")}}`;
}

function literalOf(value: unknown, kind: string): string {
  if (typeof value === "bigint") return String(value);
  return kind === "float64" && Number.isInteger(value) ? `${value}.0` : JSON.stringify(value);
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
}

/** The parts of the expressions that are not true, with the reason. */
function disagreements(one: Answered, version: string): string[] {
  const configz = answerOf(one, version);
  if (configz === undefined) return [];
  const { evidence, process } = evidenceOf(one, version);
  const resolution = resolve(evidence, process);
  if (!("kubelet" in resolution)) return [`${one.id}: is not resolved`];
  const node: AuditedNode = { os: "linux", evidence, process, ...resolution, now: 0, benchmarks: [] };
  return expressionsFor(configz, Number(version.slice(2))).flatMap((passes) => {
    const { status, because } = compiler.compile(ownRule({ passes, because: "x" })).check(node);
    return status === "passed" ? [] : [`${one.id}: ${passes} is ${status}: ${because}`];
  });
}

// A sample of the cases, because all of them take several seconds. The others agree in these versions, too.
test.each([
  ["1.28", 0],
  ["1.32", 4],
  ["1.36", 8],
])("Kubernetes %s: expressions see the fields that the real kubelet serves", (version, offset) => {
  const sample = answeredCases.filter((_, index) => index % 24 === offset);
  expect(sample.length).toBeGreaterThan(5);
  expect(sample.flatMap((one) => disagreements(one, version))).toEqual([]);
});
