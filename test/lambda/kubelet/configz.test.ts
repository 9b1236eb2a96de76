import { expect, test } from "vitest";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { type Answered, answerOf, answeredCases as cases, isComplete, isObject, versions } from "./configz-vectors.ts";
import { disagreeing, evidenceOf } from "./vectors.ts";

test("the files contain all cases, and no response without a case", () => {
  expect(isComplete).toEqual({ answered: 693, fields: 473, versions: 8, without: [] });
});

test.each(versions)("Kubernetes %s: the whole configuration agrees with /configz of the real kubelet", (version) => {
  const disagreements = cases.map((one) => disagreement(one, version)).filter((line) => line !== undefined);
  expect(disagreements).toEqual([]);
});

function disagreement(one: Answered, version: string): string | undefined {
  const { evidence, process } = evidenceOf(one, version);
  const resolution = resolve(evidence, process);
  const inWords = (how: string) => disagreeing(one, version, how);
  const expected = answerOf(one, version);
  if ("unreadable" in resolution) return inWords(`unreadable: ${resolution.unreadable.because}`);
  if ("refuses" in resolution) return expected && inWords(`refuses, though it starts: ${resolution.refuses}`);
  if (!expected) return inWords("starts, though it refuses");
  const actual = resolution.kubelet.whole?.configz() ?? {};
  const [wanted, got] = [members(expected, version), members(actual, version)];
  const wrong = [...new Set([...wanted.keys(), ...got.keys()])].filter((name) => wanted.get(name) !== got.get(name));
  if (wrong.length === 0) return undefined;
  return inWords(wrong.map((name) => `${name} is ${wanted.get(name)}, not ${got.get(name)}`).join("; "));
}

/**
 * The members as text with sorted names, without cgroupDriver from 1.35 on, because the container runtime decides it.
 */
function members(configz: object, version: string): Map<string, string> {
  const served = Object.entries(configz).filter(([name]) => name !== "cgroupDriver" || Number(version.slice(2)) < 35);
  return new Map(served.map(([name, value]) => [name, sorted(value)]));
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner) => {
    if (typeof inner === "bigint") return `${inner}n`;
    return isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner;
  });
}
