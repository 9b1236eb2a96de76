import type { FurtherSettings } from "../../evidence/bottlerocket.ts";
import { line, quoted } from "../../text.ts";
import type { ReportingNode, Verdict } from "./rule.ts";
import { incompleteVerdict } from "./verdict.ts";

/** A setting of a Bottlerocket node. Without a value it is not set, and Bottlerocket's template decides. */
interface ReadSetting<Value> {
  value: Value | undefined;
  /** For example "settings.kubernetes.seccomp-default is true", without a full stop. */
  because: string;
  from: string;
}

/** Judges a rule by one of Bottlerocket's further settings. Evidence of earlier collectors has none of them. */
export function judgeSetting<Name extends keyof FurtherSettings>(
  { answers: { further } }: ReportingNode,
  name: Name,
  judge: (setting: ReadSetting<FurtherSettings[Name]>) => Verdict,
): Verdict {
  const from = `settings.kubernetes.${name}`;
  if (further === undefined)
    return incompleteVerdict(`The evidence does not contain ${from}, because an earlier collector printed it.`);
  if (typeof further === "string") return incompleteVerdict(`Bottlerocket did not return ${from}: ${line(further)}.`);
  const value = further[name];
  return judge({ value, because: `${from} is ${value === undefined ? "not set" : quoted(value)}`, from });
}

/** A verdict by a value that Bottlerocket always writes, or never. No flag and no setting changes it. */
export function byTemplate(status: Verdict["status"], because: string, value?: unknown): Verdict {
  return {
    status,
    because,
    ...(value !== undefined && { value }),
    from: "Bottlerocket's template of the kubelet's configuration",
  };
}
