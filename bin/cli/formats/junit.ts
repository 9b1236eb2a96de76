import { XMLBuilder } from "fast-xml-parser";
import { groupLabel } from "../../../lambda/domain/node.ts";
import type { Result } from "../../../lambda/domain/result.ts";
import { harmless } from "../../../lambda/text.ts";
import { fixOf } from "../result.ts";
import { explain, type Trouble } from "../run/trouble.ts";
import { requirementTexts } from "./columns.ts";
import type { Format, Found } from "./format.ts";

/** Members whose name starts with the prefix become attributes. */
const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  format: true,
  suppressEmptyNode: true,
});

/**
 * JUnit XML: a suite per node, a case per rule. A failed verdict is a failure. A notAvailable verdict and an error of
 * the run are errors. A rule that does not apply, or has an exception, is skipped.
 */
export const junit: Format = { forFiles: true, write: suitesOf };

function suitesOf({ results, trouble }: Found): string {
  const suites = [
    ...Map.groupBy(results, suiteOf)
      .entries()
      .map(([name, ofSuite]) => suite(name, ofSuite.map(caseOf), ofSuite[0]?.subject.judgedAt)),
    ...(trouble.length > 0 ? [suite("run", trouble.map(caseOfTrouble))] : []),
  ];
  const count = (what: "@tests" | "@failures" | "@errors") =>
    suites.reduce((total, { [what]: number }) => total + number, 0);
  const total = { "@tests": count("@tests"), "@failures": count("@failures"), "@errors": count("@errors") };
  const document = { testsuites: { "@name": "eks-kubelet-auditor", ...total, testsuite: suites } };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(document)}`;
}

/** Seconds. The schema requires a time, but all rules of a node are judged together, so no rule has its own. */
const noTime = "0";

interface Case {
  "@name": string;
  "@classname": string;
  "@time": typeof noTime;
  failure?: Outcome;
  error?: Outcome;
  skipped?: Pick<Outcome, "@message">;
  /** The numbers of the rule, one a line. */
  "system-out"?: string;
}

interface Outcome {
  "@type": string;
  "@message": string;
  "#text": string;
}

function suite(name: string, cases: readonly Case[], judgedAt = Date.now()) {
  return {
    "@name": name,
    // UTC, without fraction and time zone. Source: the schema of JUnit reports, ISO8601_DATETIME_PATTERN.
    "@timestamp": new Date(judgedAt).toISOString().slice(0, 19),
    "@time": noTime,
    "@tests": cases.length,
    "@failures": cases.filter(({ failure }) => failure).length,
    "@errors": cases.filter(({ error }) => error).length,
    "@skipped": cases.filter(({ skipped }) => skipped).length,
    testcase: cases,
  };
}

function suiteOf({ subject }: Result): string {
  if (subject.kind === "file") return xmlText(subject.id);
  const { place, cluster, id } = subject;
  return xmlText([place.account, place.region, cluster.name, id].join("/"));
}

/** Class name of a test case: cluster, dot, node group. CI systems group cases by the dot-separated parts. */
function classOf({ subject }: Result): string {
  if (subject.kind === "file") return xmlText(subject.id);
  const group = subject.kind === "node" ? harmless(groupLabel(subject.node.group)) : subject.id;
  return xmlText(`${subject.cluster.name}.${group.replaceAll(".", "_")}`);
}

function caseOf(result: Result): Case {
  const { rule, status, because, reasons, exception } = result;
  const message = xmlText(because);
  const requirements = requirementTexts(result);
  // Some readers require the outcome before this element. Source: the schema of Ant's JUnit task.
  const numbers = requirements.length > 0 && { "system-out": xmlText(requirements.join("\n")) };
  const named = { "@name": rule.id, "@classname": classOf(result), "@time": noTime } as const;
  const outcome = {
    "@type": reasons[0]?.code ?? "",
    "@message": message,
    "#text": xmlText(`${because}\n${fixOf(result) ?? ""}`),
  };
  switch (status) {
    case "passed":
      return { ...named, ...numbers };
    case "failed":
      return { ...named, failure: outcome, ...numbers };
    case "notAvailable":
      return { ...named, error: outcome, ...numbers };
    case "notApplicable":
      return { ...named, skipped: { "@message": message }, ...numbers };
    case "excepted":
      return {
        ...named,
        skipped: { "@message": xmlText(`Excepted until ${exception?.until}: ${exception?.reason} (${because})`) },
        ...numbers,
      };
  }
}

function caseOfTrouble({ where = "run", error }: Trouble): Case {
  const text = xmlText(explain(error));
  return {
    "@name": xmlText(where),
    "@classname": "run",
    "@time": noTime,
    error: { "@type": error.name, "@message": text, "#text": text },
  };
}

/**
 * Characters that XML cannot contain, not even escaped. Source: Extensible Markup Language (XML) 1.0, production Char.
 */
const notXml = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function xmlText(text: string): string {
  return text.replaceAll(notXml, "\ufffd");
}
