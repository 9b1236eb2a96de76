import type { Declaration, Setting } from "../../lambda/domain/setting.ts";
import type { EffectiveKubelet } from "../../lambda/kubelet/effective.ts";
import { harmless, line, plain, quoted } from "../../lambda/text.ts";
import { exitCodes, type Report } from "./report.ts";
import { notesOn, resolveOutput } from "./resolved.ts";
import { type Screen, wrap } from "./screen.ts";
import { table } from "./table.ts";

export interface EffectiveOptions {
  kubernetesVersion?: string;
  /** Prints the whole configuration in the format of /configz. */
  configz?: boolean;
  /** Lists every field, not only those that something sets or a rule reads. */
  all?: boolean;
}

/** Version of the JSON output. The output of --configz has none: its form is fixed. */
const schemaVersion = 1;

type Settings = readonly (readonly [name: string, setting: Setting<unknown>])[];

/** Report of one node's effective kubelet configuration, with the origin of each value. */
export function effective(path: string, output: string, screen: Screen, options: EffectiveOptions): Report {
  const resolution = resolveOutput(output, options.kubernetesVersion);
  if ("unreadable" in resolution) {
    return inexplicable(path, `${resolution.unreadable.because} ${resolution.unreadable.fix}`, screen);
  }
  if ("refuses" in resolution) {
    return {
      json: {
        schemaVersion,
        evidence: path,
        refuses: resolution.refuses,
        effective: null,
        unreadable: null,
        version: null,
        remarks: [],
      },
      text: `${plain(path)}\n${wrap(`a kubelet would refuse to start: ${line(resolution.refuses)}`, screen.width, 2)}\n`,
      exitCode: exitCodes.fine,
    };
  }
  const { version, versionFrom } = resolution.kubelet;
  const shown = settingsOf(resolution.kubelet, options.all === true);
  const remarks = notesOn(resolution.kubelet);
  return {
    json: {
      schemaVersion,
      evidence: path,
      refuses: null,
      effective: Object.fromEntries(shown.map(([name, setting]) => [name, settingAsJson(setting)])),
      unreadable: null,
      version: { value: version, from: versionFrom },
      remarks,
    },
    text: [
      wrap(`${plain(path)} (Kubernetes ${version}; source: ${versionFrom})`, screen.width),
      table(
        ["setting", "value", "origin"],
        shown.map(([name, setting]) => [plain(name), quoted(setting.value), origin(setting)]),
        screen,
      ),
      ...remarks.map((remark) => wrap(`note: ${remark}`, screen.width)),
      "",
    ].join("\n"),
    exitCode: exitCodes.fine,
  };
}

/** Values that something sets, followed by the defaults. */
function settingsOf({ settings, whole }: EffectiveKubelet, all: boolean): Settings {
  const byRules: Settings = Object.entries<Setting<unknown>>(settings);
  const every = new Map([...byRules, ...(whole?.settings() ?? [])]);
  const read = new Set(byRules.map(([name]) => name));
  const isDefault = ({ from }: Setting<unknown>) => Number(from.layer === "default");
  return [...every]
    .filter(([name, setting]) => all || read.has(name) || !isDefault(setting))
    .sort(([, one], [, other]) => isDefault(one) - isDefault(other));
}

/** The origin of a setting and the values that it overrode, one line each. */
export function origin({ from, overrode }: Setting<unknown>): string {
  const over = (loser: Declaration) => `over ${quoted(loser.value)} from ${plain(loser.where)}`;
  return [harmless(from.where), ...overrode.map(over)].join("\n");
}

/** Report of evidence from which no effective configuration can be read. */
export function inexplicable(path: string, reason: string, screen: Screen): Report {
  return {
    json: {
      schemaVersion,
      evidence: path,
      refuses: null,
      effective: null,
      unreadable: reason,
      version: null,
      remarks: [],
    },
    text: `${plain(path)}\n${wrap(`could not be read: ${harmless(reason)}`, screen.width, 2)}\n`,
    exitCode: exitCodes.couldNotJudge,
  };
}

export function settingAsJson({ value, from, overrode }: Setting<unknown>) {
  return { value, from: from.where, overrode: overrode.map((loser) => ({ value: loser.value, from: loser.where })) };
}
