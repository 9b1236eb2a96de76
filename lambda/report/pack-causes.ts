import { type Failure, failureTitleOf, fixTitleOf, groupCauses } from "./causes.ts";
import type { PackedCause, PackedRule, PackedVerdict } from "./packed.ts";

/** The failed verdicts of a report. */
interface Failing {
  verdicts: readonly PackedVerdict[];
  rules: readonly PackedRule[];
  /** Nodes by index of the failed verdict and by index of the group. */
  failing: ReadonlyMap<number, ReadonlyMap<number, number>>;
  /** The text at an index, with a placeholder for each part that differs between nodes. */
  textAt(index: number): string;
  /** Stores a text and returns its index. */
  text(words: string): number;
}

type PackedFailure = Failure & { group: number; verdict: number; inRules: number };

/** The causes of all failed verdicts. */
export function packCauses({ verdicts, rules, failing, textAt, text }: Failing): PackedCause[] {
  const read = (index: number | undefined) => (index === undefined ? undefined : textAt(index));
  const failures = [...failing].flatMap(([verdict, byGroup]) => {
    const failed = verdicts[verdict];
    if (!failed) return [];
    const { rule: inRules, severity, because, value, from, fix, letter } = failed;
    const rule = rules[inRules]?.id ?? "";
    const said = { because: textAt(because), value: read(value), origin: read(from), fix: read(fix), letter };
    return [...byGroup].map(([group, nodes]): PackedFailure => {
      return { rule, severity, ...said, place: `${group}`, nodes, group, verdict, inRules };
    });
  });
  return groupCauses(failures).map(
    ({ id, severity, because, value, origin, letter, nodes, places, fixes, failures: members }) => ({
      id,
      rule: members[0]?.inRules ?? 0,
      ...titlesOf(rules[members[0]?.inRules ?? 0], letter),
      severity,
      because: text(because),
      ...(value !== undefined && { value: text(value) }),
      ...(origin !== undefined && { from: text(origin) }),
      fixes: fixes.map(text),
      nodes,
      places: [...places].map(([group, size]) => [Number(group), size] as const),
      verdicts: [...new Set(members.map(({ verdict }) => verdict))],
    }),
  );
}

function titlesOf(rule: PackedRule | undefined, letter: string | undefined) {
  const { failureTitle, fixTitle } = rule ?? { failureTitle: "", fixTitle: "" };
  return { failureTitle: failureTitleOf({ failureTitle }, letter), fixTitle: fixTitleOf({ fixTitle }, letter) };
}
