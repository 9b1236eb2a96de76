import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import type { Log, ReportingDescriptor, Run, Result as SarifResult } from "sarif";
import {
  type ClusterSubject,
  idOf,
  type NodeSubject,
  product,
  type Result,
  type Status,
  type Subject,
} from "../../../lambda/domain/result.ts";
import type { Severity } from "../../../lambda/domain/rule-facts.ts";
import { rules } from "../../../lambda/rules/index.ts";
import type { Rule } from "../../../lambda/rules/kit/rule.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { fixOf } from "../result.ts";
import { requirementOf } from "./columns.ts";
import type { Format } from "./format.ts";

/** Source: GitHub Docs, "SARIF support for code scanning" (level, security-severity). */
const levels = { CRITICAL: "error", HIGH: "error", MEDIUM: "warning", LOW: "note", INFORMATIONAL: "note" } as const;
const scores = { CRITICAL: "9.5", HIGH: "8.0", MEDIUM: "5.5", LOW: "2.0", INFORMATIONAL: "0.0" };

/** The worst first: of many, code scanning shows the first 5,000. */
const severities: readonly Severity[] = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL"];
const ranks: Readonly<Record<Status, number>> = {
  failed: 0,
  notAvailable: 1,
  excepted: 2,
  passed: 3,
  notApplicable: 3,
};

/**
 * SARIF 2.1.0 for code scanning. A run an account and Region, each its own category, so that an upload closes no alert of
 * another. What failed or could not be told is a result: passing over the latter would close the alert as if it were fixed.
 */
export const sarif: Format = { forFiles: true, write: ({ results }) => logOf(results) };

function logOf(results: readonly Result[]): string {
  const runs = Map.groupBy(results, categoryOf)
    .entries()
    .map(([category, ofRun]) => runOf(category, ofRun));
  const log: Log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [...runs],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function categoryOf({ subject }: Result): string {
  return subject.kind === "file"
    ? `${product}/evidence/`
    : `${product}/${subject.place.account}/${subject.place.region}/`;
}

function runOf(category: string, results: readonly Result[]): Run {
  const told = results.filter(({ status }) => status !== "passed" && status !== "notApplicable");
  return {
    tool: {
      driver: {
        name: product,
        semanticVersion: packageJson.version,
        rules: rules.map(descriptorOf),
      },
    },
    automationDetails: { id: category },
    columnKind: "utf16CodeUnits",
    results: told.toSorted(worstFirst).map(sarifResult),
  };
}

function worstFirst(one: Result, other: Result): number {
  const bySeverity = severities.indexOf(one.rule.severity) - severities.indexOf(other.rule.severity);
  return ranks[one.status] - ranks[other.status] || bySeverity;
}

function descriptorOf(rule: Rule): ReportingDescriptor {
  const { id, title, why, passes, fails, severity, cis } = rule;
  const requirement = requirementOf({ rule, benchmark: Object.keys(cis).at(-1) ?? "" });
  const text = [why, `Passes: ${passes}`, `Fails: ${fails}`, ...(requirement ? [requirement] : [])];
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

function sarifResult(result: Result): SarifResult {
  const { rule, status, because, subject, exception } = result;
  const id = idOf(result);
  const where = subject.kind === "file" ? "" : `${subject.id} in cluster ${subject.cluster.name}: `;
  return {
    ruleId: rule.id,
    ruleIndex: rules.findIndex(({ id }) => id === rule.id),
    // Only what failed has a level. Source: SARIF 2.1.0, 3.27.10.
    ...(status === "notAvailable" ? { kind: "open", level: "none" } : { kind: "fail", level: levels[rule.severity] }),
    message: { text: [`${where}${because}`, fixOf(result)].filter(Boolean).join("\n") },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(subject) },
          region: { startLine: 1 },
        },
        ...(subject.kind !== "file" && {
          logicalLocations: [{ kind: "resource", name: subject.id, fullyQualifiedName: arnOf(subject) }],
        }),
      },
    ],
    // Code scanning goes by the first alone, and it takes the place of a hash of the line.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint(id)}:1`, "findingId/v1": id },
    ...(exception && {
      suppressions: [
        { kind: "external", status: "accepted", justification: `${exception.reason} (until ${exception.until})` },
      ],
    }),
  };
}

function fingerprint(id: string): string {
  return createHash("sha256").update(id).digest("hex").slice(0, 16);
}

/** Code scanning wants a file. A node has none, so its place in AWS stands for it; evidence is a file, relative where it can be. */
function uriOf(subject: Subject): string {
  const { id } = subject;
  if (subject.kind === "file") return id.startsWith("/") ? pathToFileURL(id).href : encodePath(id);
  const { place, cluster } = subject;
  return encodePath(["eks", place.account, place.region, cluster.name, id].join("/"));
}

function arnOf(subject: NodeSubject | ClusterSubject): string {
  return subject.kind === "node" ? subject.node.arn : subject.cluster.arn;
}

function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
