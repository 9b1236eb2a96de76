import { createHash } from "node:crypto";
import { isAbsolute, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Log, ReportingDescriptor, Run, Result as SarifResult } from "sarif";
import { groupLabel } from "../../../lambda/domain/node.ts";
import { product, type Result } from "../../../lambda/domain/result.ts";
import { rules as builtIn } from "../../../lambda/rules/index.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";
import { counted, harmless } from "../../../lambda/text.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { fixOf } from "../result.ts";
import { requirementTexts } from "./columns.ts";
import type { Format, View } from "./format.ts";

/** Source: GitHub Docs, "SARIF support for code scanning" (level, security-severity). */
const levels = { CRITICAL: "error", HIGH: "error", MEDIUM: "warning", LOW: "note", INFORMATIONAL: "note" } as const;
const scores = { CRITICAL: "9.5", HIGH: "8.0", MEDIUM: "5.5", LOW: "2.0", INFORMATIONAL: "0.1" } as const;

/** Maximum number of nodes that one alert lists by id; further ones are counted. */
const nodesListed = 100;

/** The rule that fails for unreadable nodes. */
const unreadableRule = "node-auditable";

/**
 * SARIF 2.1.0 for GitHub code scanning, which ignores `kind` and `suppressions` and shows every result as an open
 * alert. Therefore only failures become results. There is one alert for each rule that fails in a node group, and one
 * for each reason of unreadable nodes.
 */
export const sarif: Format = { forFiles: true, write: ({ results }, view) => logOf(results, view) };

function logOf(results: readonly Result[], view: View): string {
  const runs = Map.groupBy(results, categoryOf)
    .entries()
    .map(([category, ofRun]) => runOf(category, ofRun, view));
  const log: Log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [...runs],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/**
 * Category of the upload. An upload closes missing alerts of its category only, so each account-Region has its own
 * category.
 */
function categoryOf({ subject }: Result): string {
  return subject.kind === "file"
    ? `${product}/evidence/`
    : `${product}/${subject.place.account}/${subject.place.region}/`;
}

function runOf(category: string, results: readonly Result[], view: View): Run {
  const rules = [...builtIn, ...view.ownRules];
  const alerts = Map.groupBy(
    results.filter(({ status }) => status === "failed"),
    (result) => JSON.stringify([result.rule.id, ...alertScope(result)]),
  );
  // Nodes of different Kubernetes versions can have different numbers of one rule.
  const numbers = new Map<string, Set<string>>(rules.map(({ id }) => [id, new Set()]));
  for (const result of results) for (const each of requirementTexts(result)) numbers.get(result.rule.id)?.add(each);
  const descriptors = rules.map((rule) => descriptorOf(rule, [...(numbers.get(rule.id) ?? [])]));
  return {
    tool: { driver: { name: product, semanticVersion: packageJson.version, rules: descriptors } },
    automationDetails: { id: category },
    columnKind: "utf16CodeUnits",
    // Code scanning keeps the first 5,000 results, so the most severe come first.
    results: [...alerts]
      .map(([key, failures]) => alertOf(`${category}${key}`, failures, results, { rules, location: view.location }))
      .toSorted((one, other) => scoreOf(other, rules) - scoreOf(one, rules)),
  };
}

/** Scope of an alert within its rule: a file, a node group of a cluster, or a reason of unreadable nodes. */
function alertScope({ rule, subject, reasons }: Result): string[] {
  if (subject.kind === "file") return [subject.id];
  if (rule.id === unreadableRule) return [reasons[0]?.code ?? ""];
  return [subject.cluster.name, subject.kind === "node" ? harmless(groupLabel(subject.node.group)) : subject.id];
}

function alertOf(
  key: string,
  failures: readonly Result[],
  results: readonly Result[],
  { rules, location }: { rules: readonly Rule[]; location: string | undefined },
): SarifResult {
  const [first] = failures;
  if (!first) throw new Error("An alert without failures");
  const fingerprint = createHash("sha256").update(key).digest("hex").slice(0, 16);
  return {
    ruleId: first.rule.id,
    ruleIndex: rules.findIndex(({ id }) => id === first.rule.id),
    level: levels[first.severity],
    message: { text: messageOf(first, failures, results) },
    locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(first, location) }, region: { startLine: 1 } } }],
    // Code scanning identifies an alert by this fingerprint. Without one, it would compute a fingerprint from a line of
    // the file.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:1` },
  };
}

/** Text of an alert: the failing nodes, the reasons and the fixes. Nodes with the same reason share a paragraph. */
function messageOf(first: Result, failures: readonly Result[], results: readonly Result[]): string {
  const { subject } = first;
  const sentences = [...Map.groupBy(failures, ({ because }) => because)];
  const fixes = [...new Set(failures.flatMap((failure) => fixOf(failure) ?? []))];
  if (subject.kind === "file") return [first.because, ...fixes].join("\n");
  const scope = JSON.stringify(alertScope(first));
  const peers = results.filter(({ rule, ...rest }) => {
    return rule.id === first.rule.id && JSON.stringify(alertScope({ ...rest, rule })) === scope;
  });
  const [cluster = "", group = ""] = alertScope(first);
  const heading =
    first.rule.id === unreadableRule
      ? `${counted(failures.length, "node")} could not be read.`
      : `${failures.length} of ${counted(peers.length, "node")} of ${group} in cluster ${cluster} fail.`;
  const paragraphs = sentences.map(([because, members]) => `${because}\nNodes: ${listOf(members)}`);
  return [heading, ...paragraphs, ...fixes.map((fix) => `Fix: ${fix}`)].join("\n\n");
}

function listOf(failures: readonly Result[]): string {
  const ids = failures.map(({ subject }) =>
    subject.kind === "file" ? subject.id : `${subject.id} (${subject.cluster.name})`,
  );
  const more = ids.length > nodesListed ? ` and ${ids.length - nodesListed} more` : "";
  return ids.slice(0, nodesListed).join(", ") + more;
}

function scoreOf({ ruleId }: SarifResult, rules: readonly Rule[]): number {
  const severity = rules.find(({ id }) => id === ruleId)?.severity;
  return severity === undefined ? 0 : Number(scores[severity]);
}

function descriptorOf(rule: Rule, requirements: readonly string[]): ReportingDescriptor {
  const { id, title, why, passes, fails, severity } = rule;
  const text = [why, `Passes: ${passes}`, `Fails: ${fails}`, ...requirements];
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: why },
    help: { text: text.join("\n\n"), markdown: text.join("\n\n") },
    defaultConfiguration: { level: levels[severity] },
    properties: {
      tags: ["security", "kubernetes", "eks"],
      precision: "very-high",
      "security-severity": scores[severity],
    },
  };
}

/**
 * File to which code scanning attaches an alert: the evidence file; for a node, `location`. Without `location`, it is a
 * path of account, Region and cluster.
 */
function uriOf({ subject }: Result, location: string | undefined): string {
  if (subject.kind === "file") return fileUri(subject.id);
  if (location !== undefined) return fileUri(location);
  return encodePath(["eks", subject.place.account, subject.place.region, subject.cluster.name].join("/"));
}

/** A relative path for a file below the working directory, a file: URL for any other. */
function fileUri(path: string): string {
  const fromHere = relative("", path);
  const isBelow = !isAbsolute(fromHere) && !fromHere.startsWith("..");
  return isBelow ? encodePath(fromHere.split(sep).join("/")) : pathToFileURL(path).href;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
