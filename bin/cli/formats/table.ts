import { groupLabel, type Unreadable } from "../../../lambda/domain/node.ts";
import type { Result, Status, Subject } from "../../../lambda/domain/result.ts";
import type { Severity } from "../../../lambda/domain/rule-facts.ts";
import { severityWeights } from "../../../lambda/report/causes.ts";
import { counted, harmless } from "../../../lambda/text.ts";
import { type Overview, overviewText, type UnreadableGroup } from "../overview.ts";
import { fixOf } from "../result.ts";
import { clip, type Screen, severityWord } from "../screen.ts";
import { shortNumbers } from "./columns.ts";
import type { Format, Found, View } from "./format.ts";

/** Output for people: summary, causes, unreadable nodes and, with --nodes, one line per node. */
export const table: Format = { forFiles: true, write: textOf };

function textOf({ audited, results }: Found, { screen, listsNodes, ownRules }: View): string {
  const problems = audited.flatMap(({ summary }) => summary.problems);
  const subjects = subjectsOf(results);
  if (results.length === 0) return problems.map((problem) => `${problem}\n`).join("");
  const overview = overviewText(
    { ...overviewOf(results, subjects, problems), ownRules, numbers: numbersByRule(results) },
    screen,
  );
  return `${listsNodes ? `${overview}\n\n${nodesText(subjects, screen)}` : overview}\n`;
}

/**
 * All numbers of each rule. They come from all nodes, because nodes of different Kubernetes versions can have different
 * numbers of one rule.
 */
function numbersByRule(results: readonly Result[]): Map<string, Set<string>> {
  const byRule = Map.groupBy(results, ({ rule }) => rule.id).entries();
  return new Map(
    byRule.map(([id, ofRule]) => [id, new Set(ofRule.flatMap(({ requirements }) => shortNumbers(requirements)))]),
  );
}

/** One node or file with its results. */
interface Entry {
  subject: Exclude<Subject, { kind: "cluster" }>;
  place: string;
  unreadable?: Unreadable;
  results: readonly Result[];
}

function subjectsOf(results: readonly Result[]): Entry[] {
  const regions = new Set(results.flatMap(({ subject }) => (subject.kind === "file" ? [] : subject.place.region)));
  return [...Map.groupBy(results, ({ subject }) => subject)].flatMap(([subject, own]): Entry[] => {
    if (subject.kind === "cluster") return [];
    const unreadable = unreadableIn(subject, own);
    const region = subject.kind === "node" && regions.size > 1 ? `${subject.place.region} / ` : "";
    const place =
      subject.kind === "file"
        ? subject.id
        : harmless(`${region}${subject.cluster.name} / ${groupLabel(subject.node.group)}`);
    return [{ subject, place, ...(unreadable && { unreadable }), results: own }];
  });
}

/**
 * Reason of an unreadable node or file. An evidence file is unreadable if node-auditable fails with a reason other than
 * NOT_COMPLIANT.
 */
function unreadableIn(subject: Entry["subject"], results: readonly Result[]): Unreadable | undefined {
  if (subject.kind === "node") return subject.unreadable;
  const failed = results.find(({ rule, status }) => rule.id === "node-auditable" && status === "failed");
  const code = failed?.reasons[0]?.code;
  return failed && code && code !== "NOT_COMPLIANT" ? { code, because: failed.because, fix: failed.fix } : undefined;
}

function overviewOf(results: readonly Result[], entries: readonly Entry[], problems: readonly string[]): Overview {
  const audited = entries.filter(({ unreadable }) => !unreadable);
  const ofAudited = audited.flatMap((entry) => entry.results);
  const count = (status: Status) => ofAudited.filter((result) => result.status === status).length;
  const failing = audited.filter(isFailing).length;
  const clusters = new Set(
    results.flatMap(({ subject }) =>
      subject.kind === "file" ? [] : `${subject.place.region} ${subject.cluster.name}`,
    ),
  );
  const closed = results.filter(({ subject }) => subject.kind === "cluster");
  return {
    nodes: { total: entries.length, failing, compliant: audited.length - failing },
    where: clusters.size > 0 ? `in ${counted(clusters.size, "cluster")}` : "",
    failures: audited.flatMap(({ place, results }) =>
      results
        .filter(({ status }) => status === "failed")
        .map((result) => {
          const { rule, severity, because, value, from, letter } = result;
          return { rule: rule.id, severity, because, value, origin: from, fix: fixOf(result), letter, place, nodes: 1 };
        }),
    ),
    unreadable: unreadableGroups(entries),
    excepted: count("excepted"),
    withoutVerdict: count("notAvailable"),
    problems: [
      ...closed.map(
        ({ subject, because }) =>
          `${subject.kind === "cluster" ? `${harmless(subject.cluster.name)}: ` : ""}${because}`,
      ),
      ...problems,
    ],
  };
}

function unreadableGroups(entries: readonly Entry[]): UnreadableGroup[] {
  const unread = entries.filter(({ unreadable }) => unreadable);
  return [...Map.groupBy(unread, ({ unreadable }) => unreadable?.code ?? "")].map(([code, members]) => ({
    code,
    fix: members[0]?.unreadable?.fix ?? "",
    nodes: members.length,
    places: [...new Set(members.map(({ place }) => place))],
  }));
}

function isFailing({ results }: Entry): boolean {
  return results.some(({ status }) => status === "failed");
}

/** One line per node, worst first: status, highest severity, node, place, and the failed rules or the reason. */
function nodesText(entries: readonly Entry[], screen: Screen): string {
  const rows = entries.toSorted((one, other) => weightOf(other) - weightOf(one)).map(nodeRow);
  const longest = (read: (row: NodeRow) => string) => Math.max(0, ...rows.map((row) => read(row).length));
  const [widestId, widestPlace] = [longest(({ id }) => id), longest(({ place }) => place)];
  const lines = rows.map(({ status, severity, id, place, remark }) => {
    const start = `${statusWord(status, screen, nodeStatusWidth)}  ${severity ? severityWord(severity, screen) : " ".repeat(8)}  `;
    const rest = `${id.padEnd(widestId)}  ${place === id ? "" : `${place.padEnd(widestPlace)}  `}${remark}`.trimEnd();
    return start + clip(rest, screen.width - nodeStatusWidth - 12);
  });
  return [screen.paint("bold", `NODES  ${entries.length}, worst first`), ...lines].join("\n");
}

interface NodeRow {
  status: keyof typeof statusWords;
  severity?: Severity;
  id: string;
  place: string;
  remark: string;
}

function nodeRow({ subject: { id }, place, unreadable, results }: Entry): NodeRow {
  if (unreadable) return { status: "unreadable", id, place, remark: unreadable.code };
  const failed = worstFirst(results.filter(({ status }) => status === "failed"));
  const [worst] = failed;
  if (worst)
    return {
      status: "failed",
      severity: worst.severity,
      id,
      place,
      remark: failed.map(({ rule }) => rule.id).join(", "),
    };
  const open = (["notAvailable", "excepted"] as const).find((wanted) =>
    results.some(({ status }) => status === wanted),
  );
  const remark = results
    .filter(({ status }) => status === open)
    .map(({ rule }) => rule.id)
    .join(", ");
  return open ? { status: open, id, place, remark } : { status: "passed", id, place, remark: "" };
}

/** Sort key of a node: failing nodes have the sum of their failures' weights, unreadable nodes 0.5, all others 0. */
function weightOf({ unreadable, results }: Entry): number {
  if (unreadable) return 0.5;
  return results.reduce(
    (sum, { status, severity }) => sum + (status === "failed" ? 1 + severityWeights[severity] : 0),
    0,
  );
}

/** Sorts results by status, failed ones first. Results of the same status are sorted by severity. */
export function worstFirst(results: readonly Result[]): Result[] {
  const order = Object.keys(statusWords);
  return results.toSorted(
    (one, other) =>
      order.indexOf(one.status) - order.indexOf(other.status) ||
      severityWeights[other.severity] - severityWeights[one.severity],
  );
}

/** Words and colours of the statuses, worst first. */
const statusWords = {
  failed: ["FAILED", "red"],
  unreadable: ["unreadable", "yellow"],
  notAvailable: ["no verdict", "yellow"],
  excepted: ["excepted", "magenta"],
  passed: ["passed", "green"],
  notApplicable: ["not applicable", "dim"],
} as const satisfies Record<Status | "unreadable", readonly [string, Parameters<Screen["paint"]>[0]]>;

/** Columns of the longest status of a result, and of the longest status of a node. */
const statusWidth = "not applicable".length;
const nodeStatusWidth = "unreadable".length;

/** The status as a coloured word, padded to `width` columns. */
export function statusWord(status: keyof typeof statusWords, { paint }: Screen, width = statusWidth): string {
  const [word, style] = statusWords[status];
  return paint(style, word) + " ".repeat(width - word.length);
}
