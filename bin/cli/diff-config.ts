import type { Setting } from "../../lambda/domain/setting.ts";
import { isObject, type JsonFrom, MalformedDocument, parseJson, UnsupportedDocument } from "../../lambda/go/json.ts";
import { leaves } from "../../lambda/kubelet/fields.ts";
import { type PlainJson, plainJson } from "../../lambda/kubelet/plain-json.ts";
import { line, plain, quoted } from "../../lambda/text.ts";
import { whyNotWhole } from "./configz.ts";
import { type EffectiveOptions, origin, settingAsJson } from "./effective.ts";
import { exactJson, exitCodes, type Report } from "./report.ts";
import { resolveOutput } from "./resolved.ts";
import { type Screen, wrap } from "./screen.ts";
import { table } from "./table.ts";

interface File {
  path: string;
  text: string;
}

/** A configuration to compare. */
interface Side {
  path: string;
  /** Values that /configz serves, by dotted path. */
  served: ReadonlyMap<string, PlainJson>;
  /** Fields with their origins. A saved /configz response contains only the served fields. */
  settings: ReadonlyMap<string, Setting<PlainJson>>;
  remarks: readonly string[];
}

const schemaVersion = 1;

/** Compares two kubelets. Each file is evidence or a saved response of /configz. */
export function diffConfig(one: File, other: File, screen: Screen, options: EffectiveOptions): Report {
  const sides = [sideOf(one, options), sideOf(other, options)] as const;
  const [a, b] = sides;
  if ("reason" in a || "reason" in b) {
    const notes = sides.flatMap((side) => ("reason" in side ? `${plain(side.path)}: ${line(side.reason)}` : []));
    return {
      json: { schemaVersion, a: a.path, b: b.path, differences: null, unreadable: notes.join(" ") },
      text: "",
      notes,
      exitCode: exitCodes.couldNotJudge,
    };
  }
  const names = new Set([...a.served.keys(), ...b.served.keys()]);
  const differing = [...names].filter((name) => shown(a.served.get(name)) !== shown(b.served.get(name))).sort();
  const asJson = (side: Side, name: string) => {
    const setting = side.settings.get(name);
    return setting ? settingAsJson(setting) : null;
  };
  const rows = differing.flatMap((name) => [row(plain(name), a, name), row("", b, name)]);
  return {
    json: {
      schemaVersion,
      a: a.path,
      b: b.path,
      unreadable: null,
      differences: differing.map((name) => ({ setting: name, a: asJson(a, name), b: asJson(b, name) })),
    },
    text:
      differing.length === 0
        ? wrap(`${plain(a.path)} and ${plain(b.path)} have the same configuration.`, screen.width)
        : table(["setting", "file", "value", "origin"], rows, screen),
    notes: [a, b].flatMap(({ path, remarks }) => remarks.map((remark) => `${plain(path)}: ${line(remark)}`)),
    exitCode: differing.length === 0 ? exitCodes.fine : exitCodes.somethingFailed,
  };
}

function shown(value: PlainJson | undefined): string {
  return value === undefined ? "" : exactJson(value);
}

function row(label: string, { path, settings }: Side, name: string): string[] {
  const setting = settings.get(name);
  return [label, plain(path), setting ? quoted(setting.value) : "not there", setting ? origin(setting) : ""];
}

function sideOf(
  { path, text }: File,
  { kubernetesVersion }: EffectiveOptions,
): Side | { path: string; reason: string } {
  if (text.trimStart().startsWith("{")) return answerOf(path, text);
  const resolution = resolveOutput(text, kubernetesVersion);
  if ("unreadable" in resolution) return { path, reason: resolution.unreadable.because };
  if ("refuses" in resolution) return { path, reason: `a kubelet would refuse to start: ${resolution.refuses}` };
  const { whole } = resolution.kubelet;
  if (whole === undefined) return { path, reason: whyNotWhole };
  return { path, served: flat(whole.served()), settings: whole.settings(), remarks: whole.remarks() };
}

/** Reads a saved response of /configz. All its fields have the same origin, "/configz". */
function answerOf(path: string, text: string): Side | { path: string; reason: string } {
  try {
    const json = parseJson(text, undefined);
    const wrapped = isObject(json) ? json.members.find(({ name }) => name === "kubeletconfig")?.value : undefined;
    if (wrapped === undefined || wrapped === null)
      return { path, reason: 'The file is not a response of /configz: it has no member "kubeletconfig".' };
    const served = new Map(flat(wrapped).entries().map(withheld));
    const from = { layer: "default", where: "/configz" } as const;
    const settings = served
      .entries()
      .map(([name, value]) => [name, { value, from: { ...from, value }, overrode: [] }] as const);
    return { path, served, settings: new Map(settings), remarks: [] };
  } catch (error) {
    if (error instanceof MalformedDocument || error instanceof UnsupportedDocument)
      return { path, reason: error.message };
    throw error;
  }
}

/** Withholds credentials as the collector does: a /configz response contains them. */
function withheld([name, value]: [string, PlainJson]): [string, PlainJson] {
  if (name === "staticPodURL") return [name, "https://withheld"];
  return name.startsWith("staticPodURLHeader.") ? ["staticPodURLHeader.withheld", ["withheld"]] : [name, value];
}

/** Values by dotted path. Fields whose presence has a meaning of its own are kept even as an empty object. */
function flat(json: JsonFrom<unknown>, path = ""): Map<string, PlainJson> {
  if (!isObject(json) || (path !== "" && isPresence(path))) return new Map([[path, plainJson(json)]]);
  const members = json.members.filter(({ name }) => path !== "" || !["kind", "apiVersion"].includes(name));
  return new Map(members.flatMap(({ name, value }) => [...flat(value, path === "" ? name : `${path}.${name}`)]));
}

function isPresence(path: string): boolean {
  return leaves.get(path)?.kind === "struct";
}
