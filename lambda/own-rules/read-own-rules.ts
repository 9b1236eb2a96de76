import { type Document, isScalar, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import { ruleNamed, withoutRuleNamed } from "../rules/kit/rule-names.ts";
import { nearest, quoted } from "../text.ts";
import type { OwnRule } from "./own-rule.ts";

/** Maximum bytes of the file. People write it by hand, so a larger file is a mistake. */
const fileBytes = 300_000;

/** Maximum number of rules. Each has a finding for every node, and a metric. */
const mostRules = 100;

/** Source: ASFF, Remediation.Recommendation.Text. */
const remediationLength = 512;

/**
 * Source: ASFF, Compliance.RelatedRequirements. The requirements of benchmarks need no room, because own rules have
 * none.
 */
const mostRequirements = 32;

/** The example entry that each error shows. */
const example = `- id: max-pods
  title: At most 58 pods on a node
  severity: LOW
  passes: kubelet.maxPods <= 58
  because: "maxPods is {kubelet.maxPods}"
  remediation: Set maxPods in spec.kubelet.config of the NodeConfig.`;

const severities = ["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"] as const;
const severityWanted = `write one of ${severities.join(", ")}`;

const oneLine = (longest: number) => {
  const wanted = `write one line of at most ${longest} characters, in quotes if it reads like a number`;
  return z
    .string(wanted)
    .regex(/^(?=\s*\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u, wanted)
    .max(longest, wanted);
};
const lines = (longest: number) => {
  const wanted = `write a text of at most ${longest} characters`;
  return z
    .string(wanted)
    .regex(/^(?=\s*\S)(?:\n|[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}])+$/u, wanted)
    .max(longest, wanted);
};
const expressionWanted =
  'write a CEL expression, as a block ("passes: |", then indented lines) if it begins with "!" or a quote';
const expression = z.string(expressionWanted).regex(/\S/, expressionWanted);

const id = z
  .string("write an id")
  .regex(/^[a-z][a-z\d]*(-[a-z\d]+)*$/, "write lower-case letters, digits and single hyphens, such as max-pods")
  .max(60, "write at most 60 characters")
  .check(({ value, issues }) => {
    const refuse = (message: string) => issues.push({ code: "custom", message, input: value });
    if (ruleNamed(value) || withoutRuleNamed(value))
      refuse("the auditor has a rule or a benchmark number of that name; choose another id");
    // Counts by rule are plain objects, and every plain object has a member of this name.
    if (value === "constructor") refuse("choose another id");
  });

const entry = {
  id,
  title: oneLine(120),
  severity: z.enum(severities, severityWanted),
  passes: expression,
  applies: expression.optional(),
  because: oneLine(500).optional(),
  remediation: lines(remediationLength),
  requirements: z
    .array(oneLine(64), 'write a list, such as ["NIST.800-53.r5 CM-6"]')
    .max(mostRequirements, `write at most ${mostRequirements} requirements`)
    .default([]),
};

const model = z
  .array(z.strictObject(entry, "write id, title, severity, passes and remediation"), "write a list of rules")
  .max(mostRules, `write at most ${mostRules} rules`);

/** rules.yaml is not valid. */
export class OwnRulesError extends Error {
  override readonly name = "OwnRulesError";

  constructor(file: string, problems: readonly string[]) {
    const lines = problems.slice(0, problemsShown).map((problem) => `  ${problem}`);
    const more = problems.length - problemsShown;
    if (more > 0) lines.push(`  and ${more} more`);
    super([`${file} cannot be used:`, ...lines, "", `A rule looks like this:\n${example}`].join("\n"));
  }
}

/** Advice for an expression that YAML would not read as plain text: it begins with !, ", [ or {, or contains ": ". */
const asBlock = 'Write each expression as a block: "passes: |", then indented lines';

const problemsShown = 20;

/** The rules of a file, with the positions of their parts. */
export interface PlacedRules {
  rules: OwnRule[];
  /** For example "line 7, rule 2 (max-pods), passes". `at` is an index into the text of the part. */
  placeOf(path: readonly PropertyKey[], at?: number): string;
}

/**
 * Parses `yaml`, the content of `file`, and checks everything except the expressions. `readRulesFile` checks the
 * expressions at synthesis, so that the function's handler does not need CEL. Throws OwnRulesError with every problem.
 */
export function readOwnRules(yaml: string, file = "rules.yaml"): PlacedRules {
  if (Buffer.byteLength(yaml) > fileBytes) throw new OwnRulesError(file, [`it has more than ${fileBytes} bytes`]);
  const lineCounter = new LineCounter();
  // Editors on Windows begin a file with a byte order mark.
  const document = parseDocument(yaml.replace(/^\ufeff/, ""), { lineCounter });
  if (document.errors.length > 0)
    throw new OwnRulesError(file, [...document.errors.map(({ message }) => message), asBlock]);
  const written = valuesOf(document, file);
  const place = (path: readonly PropertyKey[], at?: number) => placeIn(document, written, lineCounter, path, at);
  const parsed = model.safeParse(written ?? []);
  const problems = parsed.success
    ? repeatedIds(parsed.data).map(([index, other]) => `${place([index, "id"])}: rule ${other + 1} has the same id`)
    : parsed.error.issues.map((issue) => `${place(issue.path)}: ${wording(issue)}`);
  if (!parsed.success || problems.length > 0) throw new OwnRulesError(file, problems);
  return { rules: parsed.data, placeOf: place };
}

function valuesOf(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // The parser throws a ReferenceError for an alias without an anchor and for too many aliases.
    if (!(error instanceof ReferenceError)) throw error;
    throw new OwnRulesError(file, [error.message]);
  }
}

function repeatedIds(rules: readonly OwnRule[]): [index: number, other: number][] {
  const first = new Map<string, number>();
  return rules.flatMap(({ id }, index): [number, number][] => {
    const other = first.get(id);
    if (other === undefined) first.set(id, index);
    return other === undefined ? [] : [[index, other]];
  });
}

function placeIn(
  document: Document,
  written: unknown,
  lineCounter: LineCounter,
  [index, ...inside]: readonly PropertyKey[],
  at = 0,
): string {
  if (typeof index !== "number") return "the file";
  const rule: unknown = Array.isArray(written) ? Object(written[index]).id : undefined;
  const name = `rule ${index + 1}${typeof rule === "string" ? ` (${rule.slice(0, 60)})` : ""}`;
  const node = [[index, ...inside], [index]].map((path) => document.getIn(path, true)).find(hasRange);
  const line = node === undefined ? [] : [`line ${lineCounter.linePos(node.range[0]).line + linesBefore(node, at)}`];
  return [...line, name, ...inside.map(String)].join(", ");
}

function hasRange(node: unknown): node is { range: [number, number, number] } {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
}

/**
 * Number of lines from the start of the YAML node to character `at` of its text. The text of a block begins on the
 * second line.
 */
function linesBefore(node: unknown, at: number): number {
  if (!isScalar(node) || typeof node.value !== "string" || !node.type?.startsWith("BLOCK_")) return 0;
  return node.value.slice(0, at).split("\n").length;
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  const known = Object.keys(entry);
  const [first = "", ...others] = issue.keys;
  const meant = nearest(first, known);
  const more = others.length > 0 ? ` (${others.length} more are unknown)` : "";
  return `unknown ${quoted(first)}${more}; ${meant ? `did you mean ${meant}?` : `use only ${known.join(", ")}`}`;
}
