import type { Severity } from "../../lambda/domain/rule-facts.ts";
import type { Failure } from "../../lambda/report/causes.ts";
import { groupCauses } from "../../lambda/report/causes.ts";
import { rules } from "../../lambda/rules/index.ts";
import { counted, listed } from "../../lambda/text.ts";
import type { Finding } from "../../local-aws/asff.ts";
import {
  coverageOf,
  failuresLine,
  nodesLine,
  type Overview,
  overviewText,
  type UnreadableGroup,
} from "../cli/overview.ts";
import { type Screen, wrap } from "../cli/screen.ts";
import { table } from "../cli/table.ts";
import type { NewNode } from "./new-node.ts";
import type { Options } from "./options.ts";
import type { RunSummary } from "./run-summary.ts";

/** The rule that fails for an unreadable node. */
const auditable = "node-auditable";

/** Why a newcomer sees so many failing and unreadable nodes. */
export const sampleNote =
  "These are sample nodes with planted faults: the cluster lab has one fault on each node, and most unreadable nodes are there.";

/** The runs, and a node that was launched and terminated after them. */
export interface Story {
  /** Version of the JSON output. */
  schemaVersion: 1;
  runs: readonly RunSummary[];
  newNode: NewNode;
}

/** Final output of `npm start`: text for people, or with `json` the summaries. */
export function outputOf(
  findings: readonly Finding[],
  story: Story,
  { json, calls }: Pick<Options, "json" | "calls">,
  screen: Screen,
): string {
  return json ? JSON.stringify(story, null, 2) : pictureOf(findings, story, calls, screen);
}

/**
 * Text about the findings in Security Hub after the runs: causes, unreadable nodes, and at the end a summary. With
 * `calls` it also lists the requests of the last run.
 */
export function pictureOf(
  findings: readonly Finding[],
  { runs, newNode }: Story,
  calls: boolean,
  screen: Screen,
): string {
  const last = runs.at(-1);
  const requests = Object.entries(last?.calls ?? {}).map(([operation, count]) => [operation, `${count}`]);
  const overview = overviewOf(findings, last);
  return [
    overviewText(overview, screen),
    ...(calls ? [table(["requests to AWS", "in the last run"], requests, screen)] : []),
    [...runs.map(sentence), newNodeSentence(newNode)].map((each) => wrap(each, screen.width)).join("\n"),
    lastLines(overview, screen),
  ].join("\n\n");
}

function overviewOf(findings: readonly Finding[], last: RunSummary | undefined): Overview {
  const active = findings.filter(
    ({ RecordState, ProductFields }) => RecordState !== "ARCHIVED" && ProductFields?.instanceId,
  );
  const byNode = [...Map.groupBy(active, placeAndNode).values()];
  const unreadable = byNode.flatMap(
    (ofNode) => ofNode.find((finding) => ruleOf(finding) === auditable && isFailed(finding)) ?? [],
  );
  const gone = new Set(unreadable.map(placeAndNode));
  const audited = byNode.filter(([first]) => first && !gone.has(placeAndNode(first)));
  const ofAudited = audited.flat();
  const failing = audited.filter((ofNode) => ofNode.some(isFailed)).length;
  return {
    nodes: { total: byNode.length, failing, compliant: audited.length - failing },
    where: `in ${counted(last?.clusters ?? 0, "cluster")}`,
    failures: ofAudited.filter(isFailed).map(failureOf),
    unreadable: [...Map.groupBy(unreadable, codeOf)].map(unreadableGroup),
    excepted: ofAudited.filter(({ Compliance }) => Compliance?.Status === "WARNING").length,
    withoutVerdict: ofAudited.filter(
      (finding) => statusOf(finding) === "NOT_AVAILABLE" && codeOf(finding) !== "NOT_APPLICABLE",
    ).length,
    problems: last?.problems ?? [],
  };
}

function failureOf(finding: Finding): Failure {
  const { Description = "", ProductFields = {}, Remediation } = finding;
  return {
    rule: ruleOf(finding),
    severity: severityOf(finding),
    because: Description,
    value: ProductFields.value,
    origin: ProductFields.from,
    fix: Remediation?.Recommendation?.Text,
    place: placeOf(finding),
    nodes: 1,
  };
}

function unreadableGroup([code, findings]: [string, Finding[]]): UnreadableGroup {
  const fix = findings[0]?.Remediation?.Recommendation?.Text ?? "";
  return { code, fix, nodes: findings.length, places: [...new Set(findings.map(placeOf))] };
}

function placeOf({ ProductFields = {} }: Finding): string {
  return `${ProductFields.cluster} / ${ProductFields.nodeGroup ?? ProductFields.nodeGroupKind}`;
}

/** Cluster and node of a finding, which are the end of its Id. */
function placeAndNode({ Id }: Finding): string {
  return Id.split("/").slice(-2).join("/");
}

function severityOf({ FindingProviderFields, GeneratorId }: Finding): Severity {
  const usual = rules.find(({ id }) => id === ruleOf({ GeneratorId }))?.severity;
  return FindingProviderFields?.Severity?.Label ?? usual ?? "INFORMATIONAL";
}

function ruleOf({ GeneratorId }: Pick<Finding, "GeneratorId">): string {
  return GeneratorId.split("/").at(-1) ?? GeneratorId;
}

function statusOf({ Compliance }: Finding): string {
  return Compliance?.Status ?? "";
}

function isFailed(finding: Finding): boolean {
  return statusOf(finding) === "FAILED";
}

function codeOf({ Compliance }: Finding): string {
  return Compliance?.StatusReasons?.[0]?.ReasonCode ?? "";
}

function newNodeSentence({ instanceId, secondsToFindings, archivedAfterSeconds }: NewNode): string {
  return `New node: ${instanceId} had findings ${secondsToFindings} s after its launch. They were archived ${archivedAfterSeconds} s after its termination, in simulated time.`;
}

function sentence({ findings, imported, unchanged, held, seconds }: RunSummary): string {
  const { passed, failed, notAvailable } = findings;
  return `Run: ${passed} findings passed, ${failed} failed, ${notAvailable} not available; ${imported} imported, ${unchanged} unchanged${held > 0 ? `, ${held} held` : ""}, in ${seconds.toFixed(1)} s.`;
}

/** Summary of six parts: nodes, a note about them, coverage, failures, where to look and what to do next. */
function lastLines(overview: Overview, screen: Screen): string {
  const [first] = groupCauses(overview.failures);
  const rule = rules.find(({ id }) => id === first?.rule);
  const next =
    first && rule
      ? `${rule.fixTitle} (${counted(first.nodes, "node")} in ${listed([...first.places.keys()])}).`
      : "Nothing to fix.";
  const lines: readonly [string, string][] = [
    ["Nodes", `${nodesLine(overview)}.`],
    ["Sample", sampleNote],
    ["Coverage", `${coverageOf(overview.nodes)} % of the nodes were audited.`],
    ["Failures", `${failuresLine(overview.failures)}.`],
    [
      "Look",
      "Open out/report.html in a browser. out/findings.json contains the findings, out/summary.json the figures.",
    ],
    ["Next", next],
  ];
  const indent = 10;
  return lines
    .map(([label, text]) => screen.paint("bold", label.padEnd(indent)) + wrap(text, screen.width, indent).trimStart())
    .join("\n");
}
