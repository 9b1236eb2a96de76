import type { EffectiveKubelet, SettingName } from "../../kubelet/effective.ts";
import { plain } from "../../text.ts";
import type { AuditedNode, Letter, Rule, Verdict } from "./rule.ts";

/**
 * How a node breaks the literal text of a check; undefined if it complies. The check searches the config file for a key
 * and forbids the flag. `optional` is true if the check accepts a file without the key. A drop-in counts as the file,
 * because the kubelet reads both as one configuration.
 */
export function letterOf(
  { settings }: EffectiveKubelet,
  name: SettingName,
  { number, optional = false }: { number: string; optional?: boolean },
): Letter | undefined {
  const { from, overrode } = settings[name];
  const flag = [from, ...overrode].find(({ layer }) => layer === "flag");
  if (flag)
    return {
      number,
      because: `The check forbids a flag, and ${plain(flag.where)} is on the command line.`,
      fix: withoutFlag(flag.where, name),
    };
  if (optional || from.layer !== "default") return undefined;
  return { number, because: `The check requires ${name} in the config file, and no file sets it.` };
}

function withoutFlag(where: string, name: string): string {
  const [flag = "the flag"] = /^--[\w-]+/.exec(where) ?? [];
  return `Remove ${flag} from the kubelet's flags in the user data, and set ${name} in its configuration instead. Then replace the node.`;
}

/**
 * Judges the node by its effective configuration. If the STIG is picked and the node breaks the literal text of the
 * STIG's check, the verdict mentions this. With `byLetter`, such a node fails the rule.
 */
export function judgeRule(rule: Rule, audited: AuditedNode, byLetter = false): Verdict {
  const verdict = rule.check(audited);
  if (rule.stig === undefined || !audited.benchmarks.includes("stig")) return verdict;
  if (verdict.status === "failed" && audited.kubelet.paths.dropIns.some((path) => path === verdict.from))
    return { ...verdict, because: `${verdict.because} ${unseenDropIn}` };
  // The text of a check can need less evidence than the rule. For example, V-242404 forbids a flag, whatever the names
  // of the instance are.
  const isOpen = verdict.status === "passed" || (byLetter && verdict.reason === "EVIDENCE_INCOMPLETE");
  const letter = isOpen ? rule.letter?.(audited) : undefined;
  if (letter === undefined) return verdict;
  const because = `${verdict.because} The node breaks the text of ${letter.number} of the STIG: ${letter.because}`;
  if (!byLetter) return { ...verdict, because };
  const { reason: _, ...rest } = verdict;
  return { ...rest, status: "failed", because, letter: letter.number, ...(letter.fix && { fix: letter.fix }) };
}

const unseenDropIn = "The STIG's own check reads the config file only, so it does not see this drop-in.";
