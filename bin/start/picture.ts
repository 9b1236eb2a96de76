import { styleText } from "node:util";
import type { Finding } from "../../local-aws/asff.ts";
import { nodeCounts } from "../cli/counts.ts";
import { table } from "../cli/table.ts";
import type { RunSummary } from "./run-summary.ts";

/** The rule that the table of nodes shows; the others are counted. */
const shownRule = "client-ca-file";

/** What a person wants to see: the nodes, the findings that Security Hub holds, the requests of the last run, the runs. */
export function pictureOf(findings: readonly Finding[], runs: readonly RunSummary[]): string {
  const last = runs.at(-1);
  const requests = Object.entries(last?.calls ?? {}).map(([operation, count]) => [operation, `${count}`]);
  return [
    ...nodeTables(findings),
    table(["findings in Security Hub", "passed", "failed", "not available", "archived"], ruleRows(findings)),
    table(["requests to AWS", "in the last run"], requests),
    ...(last?.problems ?? []),
    runs.map(sentence).join("\n"),
    "Open out/report.html in a browser. out/findings.json holds the findings as Security Hub has them, out/summary.json the figures.",
  ].join("\n\n");
}

/** A table a cluster, a row a node, as the findings tell it. */
function nodeTables(findings: readonly Finding[]): string[] {
  const active = findings.filter(({ RecordState }) => RecordState !== "ARCHIVED");
  const byCluster = Map.groupBy(active, ({ Id }) => Id.split("/").at(-2) ?? "");
  return [...byCluster].toSorted(byName).map(([cluster, ofCluster]) => {
    const byNode = Map.groupBy(ofCluster, ({ Id }) => Id.split("/").at(-1) ?? "");
    const rows = [...byNode].toSorted(byName).map(([node, ofNode]) => nodeRow(node, ofNode));
    return table([cluster, "OS", "client CA", "why"], rows);
  });
}

function byName([one]: [string, unknown], [other]: [string, unknown]): number {
  return one < other ? -1 : 1;
}

function nodeRow(node: string, findings: readonly Finding[]): string[] {
  const shown = findings.find((finding) => ruleOf(finding) === shownRule) ?? findings[0];
  const others = findings.filter((finding) => finding !== shown && statusOf(finding) === "FAILED").map(ruleOf);
  const why = firstSentence(shown?.Description ?? "");
  const status = shown ? statusOf(shown) : "";
  return [
    node,
    shown?.ProductFields?.os ?? "",
    styleText(colours[status] ?? "reset", words[status] ?? status),
    others.length > 0 ? `${why}\nAlso failed: ${others.join(", ")}` : why,
  ];
}

const words: Readonly<Record<string, string>> = {
  PASSED: "passed",
  FAILED: "FAILED",
  NOT_AVAILABLE: "not available",
  WARNING: "excepted",
};

const colours: Readonly<Record<string, "green" | "red" | "yellow">> = {
  PASSED: "green",
  FAILED: "red",
  NOT_AVAILABLE: "yellow",
};

function ruleRows(findings: readonly Finding[]): string[][] {
  const byRule = Map.groupBy(findings, ruleOf);
  return [...byRule].map(([rule, ofRule]) => {
    const count = (wanted: (finding: Finding) => boolean) => `${ofRule.filter(wanted).length || ""}`;
    const active = (status: string) =>
      count((finding) => finding.RecordState !== "ARCHIVED" && statusOf(finding) === status);
    const archived = count((finding) => finding.RecordState === "ARCHIVED");
    return [rule, active("PASSED"), active("FAILED"), active("NOT_AVAILABLE"), archived];
  });
}

function ruleOf({ GeneratorId }: Finding): string {
  return GeneratorId.split("/").at(-1) ?? GeneratorId;
}

function statusOf({ Compliance }: Finding): string {
  return Compliance?.Status ?? "";
}

/** A description begins with what was seen; why it matters follows. */
function firstSentence(text: string): string {
  return /^.*?\.(?= [A-Z]|$)/s.exec(text)?.[0] ?? text;
}

function sentence({ clusters, nodes, findings, imported, unchanged, held, seconds }: RunSummary): string {
  const { passed, failed, notAvailable } = findings;
  return `${nodeCounts(clusters, nodes)}. ${passed} verdicts passed, ${failed} failed, ${notAvailable} not available. ${imported} findings imported, ${unchanged} unchanged${held > 0 ? `, ${held} held` : ""} in ${seconds.toFixed(1)} s.`;
}
