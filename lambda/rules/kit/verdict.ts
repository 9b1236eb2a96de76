import type { Declaration, Setting } from "../../domain/setting.ts";
import type { EffectiveKubelet, SettingName } from "../../kubelet/effective.ts";
import type { Settings } from "../../kubelet/origin.ts";
import { line, listed, plain, quoted } from "../../text.ts";
import type { Verdict } from "./rule.ts";

/**
 * Passed if `keeps` accepts the effective value, failed otherwise. The sentence contains the value, its origin and the
 * overridden declarations.
 */
export function judged<N extends SettingName>(
  kubelet: EffectiveKubelet,
  name: N,
  keeps: (value: Settings[N]) => boolean,
  remark = "",
): Verdict {
  const setting: Setting<Settings[N]> = kubelet.settings[name];
  return {
    status: keeps(setting.value) ? "passed" : "failed",
    because: `${describeSetting(name, setting)}${remark}.`,
    value: setting.value,
    from: line(setting.from.where),
  };
}

/** `readOnlyPort is 10255 because /etc/…/90-site.conf (drop-in) sets it; it overrides 0 from /etc/…/config.json` */
export function describeSetting(name: string, { value, from, overrode }: Setting<unknown>): string {
  // If the value is the default because of a null, the first overridden declaration is that null. `from.where` already
  // describes it.
  const losers = (from.layer === "default" ? overrode.slice(1) : overrode).filter(isDeclared);
  const show = (loser: Declaration) => `${quoted(loser.value)} from ${source(loser)}`;
  const before = losers.length > 0 ? `; it overrides ${listed(losers, { show })}` : "";
  return `${name.replace("featureEnabled.", "featureGates.")} is ${quoted(value)} because ${reason(value, from, overrode)}${before}`;
}

/**
 * Whether a file or flag declares the value. The kubelet's default does not count, and neither does a null, which asks
 * for the default.
 */
export function isDeclared(declaration: Declaration): boolean {
  return declaration.layer !== "default" && declaration.value !== null;
}

export function notApplicable(because: string): Verdict {
  return { status: "notAvailable", reason: "NOT_APPLICABLE", because };
}

export function incompleteVerdict(because: string): Verdict {
  return { status: "notAvailable", reason: "EVIDENCE_INCOMPLETE", because };
}

function reason(value: unknown, from: Declaration, overrode: readonly Declaration[]): string {
  if (from.layer === "default")
    return `${overrode.length === 0 ? "nothing sets it and " : ""}that is ${line(from.where)}`;
  return `${source(from)} ${value === "" ? "empties" : "sets"} it`;
}

function source({ layer, where }: Declaration): string {
  const kinds = { default: "default", file: "config file", "drop-in": "drop-in", flag: "flag" };
  return `${plain(where)} (${kinds[layer]})`;
}
