import { describe, expect, test } from "vitest";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { answer, type Case, disagreeing, evidenceOf, readCases } from "./vectors.ts";

/** The files of cases, and the Kubernetes versions for which each file has results of the real kubelet. */
const suites = [
  ["by-hand.jsonl", ["1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36"]],
  ["mixed.jsonl", ["1.29", "1.31", "1.34"]],
  ["start-up.jsonl", ["1.28", "1.31", "1.33", "1.34", "1.35", "1.36"]],
] as const;

describe.each(suites)("%s", (file, versions) => {
  const cases = readCases(file);

  test.each(versions)("Kubernetes %s: every case agrees with the real kubelet", (version) => {
    const disagreements = cases.map((one) => disagreement(one, version)).filter((line) => line !== undefined);
    expect(disagreements).toEqual([]);
  });
});

function disagreement(one: Case, version: string): string | undefined {
  const { evidence, process } = evidenceOf(one, version);
  const resolution = resolve(evidence, process);
  const expected = answer(one, version);
  const inWords = (how: string) => disagreeing(one, version, how);
  if ("unreadable" in resolution) return inWords(`unreadable: ${resolution.unreadable.because}`);
  if ("refuses" in resolution) return expected && inWords(`refuses, though it starts: ${resolution.refuses}`);
  if (!expected) return inWords(`starts, though it refuses: ${one.error}`);
  const settings: Record<string, { value: unknown }> = { ...resolution.kubelet.settings };
  const wrong = Object.entries(expected).filter(
    ([name, value]) => JSON.stringify(settings[name]?.value) !== JSON.stringify(value),
  );
  if (wrong.length === 0) return undefined;
  return inWords(
    wrong
      .map(([name, value]) => `${name} is ${JSON.stringify(value)}, not ${JSON.stringify(settings[name]?.value)}`)
      .join("; "),
  );
}
