import { type Case, readCases, readJson } from "./vectors.ts";

/** The real kubelet's response at /configz; see test/kubelet-vectors/README.md. */
type Answer = { base: "file" | "legacy"; patch: object } | { whole: object } | { error: string };

/** A case with the real kubelet's responses by version. */
export interface Answered extends Case {
  configz: Record<string, Answer>;
}

type Bases = Record<string, { file: object; legacy: object }>;

const bases: Bases = readJson("configz-bases.json.gz");
export const versions = Object.keys(bases);
const starts = new Map([...readCases("by-hand.jsonl"), ...readCases("mixed.jsonl")].map((one) => [one.id, one]));
const answered: Answered[] = readCases("configz.jsonl.gz");
const fields: Answered[] = readCases("configz-fields.jsonl.gz");
export const answeredCases = [...answered.map((one) => ({ ...starts.get(one.id), ...one })), ...fields];

/** The numbers of cases and versions, and the responses without a case. */
export const isComplete = {
  answered: answered.length,
  fields: fields.length,
  versions: versions.length,
  without: answered.filter(({ id }) => !starts.has(id)),
};

/** The object under `kubeletconfig`; undefined if the kubelet does not start. */
export function answerOf({ id, configz }: Answered, version: string): object | undefined {
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

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
