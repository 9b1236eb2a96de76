import { expect, test } from "vitest";
import { resolve } from "../../../lambda/kubelet/resolve.ts";
import { type Case, evidenceOf, readCases, readJson } from "./vectors.ts";

/** The real kubelet's answer at /configz; see test/kubelet-vectors/README.md. */
type Answer = { base: "file" | "legacy"; patch: object } | { whole: object } | { error: string };

interface Answered {
  id: string;
  configz: Record<string, Answer>;
}

type Bases = Record<string, { file: object; legacy: object }>;

const bases: Bases = readJson("configz-bases.json.gz");
const versions = Object.keys(bases);
const starts = new Map([...readCases("by-hand.jsonl"), ...readCases("mixed.jsonl")].map((one) => [one.id, one]));
const answered: Answered[] = readCases("configz.jsonl.gz");
const fields: (Case & Answered)[] = readCases("configz-fields.jsonl.gz");
const cases = [...answered.map((one) => ({ ...starts.get(one.id), ...one })), ...fields];

test("the files of cases and answers are complete", () => {
  expect([answered.length, fields.length, versions.length]).toEqual([693, 473, 8]);
  expect(answered.filter(({ id }) => !starts.has(id))).toEqual([]);
});

test.each(versions)("Kubernetes %s: the whole configuration agrees with /configz of the real kubelet", (version) => {
  const disagreements = cases.map((one) => disagreement(one, version)).filter((line) => line !== undefined);
  expect(disagreements).toEqual([]);
});

function disagreement(one: Case & Answered, version: string): string | undefined {
  const { evidence, process } = evidenceOf(one, version);
  const resolution = resolve(evidence, process);
  const where = `${one.id} on ${version}`;
  const expected = answerOf(one, version);
  if ("unreadable" in resolution) return `${where}: unreadable: ${resolution.unreadable.because}`;
  if ("refuses" in resolution) return expected && `${where}: refuses, though it starts: ${resolution.refuses}`;
  if (!expected) return `${where}: starts, though it refuses`;
  const actual = resolution.kubelet.whole?.configz() ?? {};
  const [wanted, got] = [members(expected, version), members(actual, version)];
  const wrong = [...new Set([...wanted.keys(), ...got.keys()])].filter((name) => wanted.get(name) !== got.get(name));
  if (wrong.length === 0) return undefined;
  return `${where}: ${wrong.map((name) => `${name} is ${wanted.get(name)}, not ${got.get(name)}`).join("; ")}`;
}

function answerOf({ id, configz }: Answered, version: string): object | undefined {
  const answer = Object.entries(configz).find(([listed]) => listed.split(",").includes(version))?.[1];
  if (answer === undefined) throw new Error(`${id} has no answer for ${version}`);
  if ("error" in answer) return undefined;
  if ("whole" in answer) return answer.whole;
  return patched(bases[version]?.[answer.base] ?? {}, answer.patch);
}

/** RFC 7386. */
function patched(target: unknown, patch: object): object {
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = isObject(value) ? patched(result[name], value) : value;
  }
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members as text with sorted names, without cgroupDriver from 1.35 on, because the container runtime decides it. */
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
