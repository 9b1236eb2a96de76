import type { RuleFacts } from "../../lambda/domain/rule-facts.ts";
import {
  type Cause,
  causesShown,
  type Failure,
  failureTitleOf,
  fixTitleOf,
  groupCauses,
  severities,
} from "../../lambda/report/causes.ts";
import { rules } from "../../lambda/rules/index.ts";
import { counted, listed } from "../../lambda/text.ts";
import { clip, type Screen, severityWord, wrap } from "./screen.ts";

/** Data of the overview that the terminal shows, about clusters or about evidence files. */
export interface Overview {
  nodes: { total: number; failing: number; compliant: number };
  /** Where the nodes are, for example "in 3 clusters". */
  where: string;
  failures: readonly Failure[];
  /** Own rules; needed if one of them fails. */
  ownRules?: readonly RuleFacts[];
  /** Numbers of the picked benchmarks by rule id, such as "CIS 3.2.3". */
  numbers?: ReadonlyMap<string, ReadonlySet<string>>;
  unreadable: readonly UnreadableGroup[];
  /** Failures that an exception accepts. */
  excepted: number;
  /** Missing verdicts of audited nodes. */
  withoutVerdict: number;
  /** Problems of clusters and nodes, as sentences. */
  problems: readonly string[];
}

/** Nodes that are unreadable for the same reason. */
export interface UnreadableGroup {
  code: string;
  fix: string;
  nodes: number;
  places: readonly string[];
}

/** Width of a number of nodes in columns. The limits of Security Hub and SSM keep the number below a million. */
const numberWidth = 6;

/** Width of the columns before the text of a row: severity and number of nodes, each followed by two blanks. */
const margin = "critical".length + numberWidth + 4;

/** Text of the overview: summary, causes, unreadable nodes and problems. Rows are cut to the width of the screen. */
export function overviewText(overview: Overview, screen: Screen): string {
  const causes = groupCauses(overview.failures);
  return [
    summaryText(overview, screen),
    ...(causes.length > 0 ? [causesText(causes, overview, screen)] : []),
    ...(overview.unreadable.length > 0 ? [unreadableText(overview.unreadable, screen)] : []),
    ...(overview.problems.length > 0 ? [problemsText(overview.problems, screen)] : []),
  ].join("\n\n");
}

/** `52 nodes in 3 clusters: 20 failing, 10 compliant, 22 unreadable` */
export function nodesLine({ nodes: { total, failing, compliant }, where }: Pick<Overview, "nodes" | "where">): string {
  const unread = total - failing - compliant;
  const parts = [`${failing} failing`, `${compliant} compliant`, ...(unread > 0 ? [`${unread} unreadable`] : [])];
  return `${counted(total, "node")}${where && ` ${where}`}: ${parts.join(", ")}`;
}

/** `19 (2 critical, 17 high)` */
export function failuresLine(failures: readonly Failure[]): string {
  const sum = (of: readonly Failure[]) => of.reduce((all, { nodes }) => all + nodes, 0);
  const parts = severities.flatMap((severity) => {
    const number = sum(failures.filter((each) => each.severity === severity));
    return number > 0 ? [`${number} ${severity.toLowerCase()}`] : [];
  });
  return parts.length > 0 ? `${sum(failures)} (${parts.join(", ")})` : "none";
}

/** Percentage of audited nodes, rounded down, so that it is 100 only if every node was audited. */
export function coverageOf({ total, failing, compliant }: Overview["nodes"]): number {
  return total === 0 ? 100 : Math.floor((100 * (failing + compliant)) / total);
}

function summaryText(overview: Overview, screen: Screen): string {
  const { failures, excepted, withoutVerdict } = overview;
  const coverage = coverageOf(overview.nodes);
  const remarks = [
    ...(coverage < 100 ? [`Coverage: ${coverage} %.`] : []),
    `Failures: ${failuresLine(failures)}.`,
    ...(excepted > 0 ? [`${counted(excepted, "failure")} excepted.`] : []),
    ...(withoutVerdict > 0 ? [`${counted(withoutVerdict, "verdict")} missing on audited nodes.`] : []),
  ];
  return `${screen.paint("bold", wrap(`${nodesLine(overview)}.`, screen.width))}\n${wrap(remarks.join(" "), screen.width)}`;
}

function causesText(causes: readonly Cause[], overview: Overview, screen: Screen): string {
  const left = causes.length - causesShown;
  const title = `CAUSES  ${causes.length}, by severity x nodes`;
  const more =
    left > 0
      ? [wrap(`${counted(left, "more cause")}: --output html --out report.html lists all.`, screen.width, margin)]
      : [];
  const rows = causes.slice(0, causesShown).map((cause) => causeRow(cause, overview, screen));
  return [screen.paint("bold", clip(title, screen.width)), head("severity", screen), ...rows, ...more].join("\n");
}

function head(first: string, screen: Screen): string {
  return screen.paint("dim", `${first.padEnd(8)}  ${"nodes".padStart(numberWidth)}`);
}

function causeRow(cause: Cause, { ownRules = [], numbers }: Overview, screen: Screen): string {
  const rule = [...rules, ...ownRules].find(({ id }) => id === cause.rule);
  const room = screen.width - margin;
  const lines = [
    clip(rule ? failureTitleOf(rule, cause.letter) : cause.because, room),
    seen(cause, room),
    clip([...(numbers?.get(cause.rule) ?? []), `in ${listed([...cause.places.keys()])}`].join(", "), room),
    clip(`Fix: ${rule ? fixTitleOf(rule, cause.letter) : (cause.fixes[0] ?? "")}`, room),
  ];
  const [first = "", ...others] = lines;
  const start = `${severityWord(cause.severity, screen)}  ${`${cause.nodes}`.padStart(numberWidth)}  `;
  return [`${start}${screen.paint("bold", first)}`, ...others.map((line) => " ".repeat(margin) + line)].join("\n");
}

/** Width in columns to which a value is cut if the origin after it needs the space. */
const leastValue = 16;

/**
 * `client-ca-file: "" from /etc/kubernetes/kubelet/config.json.d/90-site.conf`. A long origin is cut at its start.
 * A cause without value and origin has the sentence of the verdict.
 */
function seen({ rule, value, origin, because }: Cause, room: number): string {
  if (value === undefined && origin === undefined) return clip(`${rule}: ${because}`, room);
  const shown = value === undefined || value === "…" ? [] : [value];
  const whole = [`${rule}:`, ...shown, ...(origin === undefined ? [] : ["from", origin])].join(" ");
  if (whole.length <= room || origin === undefined) return clip(whole, room);
  const start = [`${rule}:`, ...shown.map((text) => clip(text, leastValue)), "from "].join(" ");
  const left = room - start.length - 1;
  return origin.length > left ? clip(`${start}…${origin.slice(-Math.max(left, 1))}`, room) : start + origin;
}

function unreadableText(groups: readonly UnreadableGroup[], screen: Screen): string {
  const total = groups.reduce((sum, { nodes }) => sum + nodes, 0);
  const rows = groups
    .toSorted((one, other) => other.nodes - one.nodes)
    .map(({ code, fix, nodes, places }) => {
      const [sentence = ""] = fix.split("\n");
      const lines = [`${code}: ${listed(places)}`, `Fix: ${sentence}`].map((line) => clip(line, screen.width - margin));
      const start = `${" ".repeat(8)}  ${`${nodes}`.padStart(numberWidth)}  `;
      return `${start}${lines[0]}\n${" ".repeat(margin)}${lines[1]}`;
    });
  return [
    screen.paint("bold", clip(`UNREADABLE  ${counted(total, "node")}, by reason`, screen.width)),
    head("", screen),
    ...rows,
  ].join("\n");
}

function problemsText(problems: readonly string[], screen: Screen): string {
  const lines = problems.map((problem) => wrap(problem, screen.width, 2));
  return [screen.paint("bold", "PROBLEMS"), ...lines].join("\n");
}
