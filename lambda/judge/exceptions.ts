import { parseDocument } from "yaml";
import * as z from "zod";
import type { Exception } from "../domain/exception.ts";
import type { BenchmarkVersion } from "../domain/rule-facts.ts";
import { unknownRule } from "../rules/kit/choice.ts";
import { ruleNamed } from "../rules/kit/rule-names.ts";

/** Maximum bytes of the file with the exceptions. People write it by hand, so a larger file is a mistake. */
const fileBytes = 1_000_000;

/**
 * Maximum characters of a reason. The finding adds a date to it. Source: ASFF, Compliance.StatusReasons.Description has
 * at most 1,024.
 */
const reasonLength = 900;

/** The example entry that each error shows. */
const example = `- rule: event-qps
  scope: { cluster: prod-eu, nodeGroup: batch }
  reason: Bursts of events are wanted here, see OPS-1234
  until: 2027-03-31`;

const neverExcepted = "node-auditable";

/** The names and scopes that an exceptions file may contain. */
export interface ExceptionContext {
  /**
   * The allowed scopes. People outside the security team may be able to change the tags or names that other scopes use.
   */
  scopes?: readonly ExceptionScope[] | undefined;
  /** The version of the CIS Amazon EKS Benchmark whose numbers the file may use. */
  version?: BenchmarkVersion | undefined;
  /** The rules of rules.yaml. */
  ownRules?: readonly { id: string }[];
}

/** Model of a rule's id or number. Numbers become ids. */
const ruleId = ({ version, ownRules = [] }: ExceptionContext) =>
  z.string("name a rule").transform((name, { addIssue }) => {
    const own = ownRules.map(({ id }) => id);
    const id = own.includes(name) ? name : ruleNamed(name, version)?.id;
    if (id === undefined) addIssue(unknownRule(name, version, own) ?? "");
    if (id === neverExcepted) addIssue("node-auditable cannot be excepted. Fix the access to the node instead");
    return id ?? name;
  });

/** Model of a text of this form. `wanted` is the error for any other value. */
const like = (form: RegExp, wanted: string) => z.string(wanted).regex(form, wanted);
const words = like(/\S/, "write some text, in quotes if it reads like a number");

const scopeWanted = "name where the exception applies: cluster, nodeGroup, instance or tag";
const scope = {
  // Source: Amazon EKS API Reference, CreateCluster. Only the setting "clusters" accepts patterns.
  cluster: like(/^[\da-z][\w-]{0,99}$/i, "write one cluster's name in full, in quotes if it reads like a number"),
  nodeGroup: words,
  instance: like(/^m?i-[\da-f]{8,17}$/, "write an instance id, such as i-0a1b2c3d4e5f60718"),
  tag: like(/^[^=]+=/, "write key=value"),
};

export const exceptionScopes = ["cluster", "nodeGroup", "instance", "tag"] as const satisfies (keyof typeof scope)[];
export type ExceptionScope = (typeof exceptionScopes)[number];

const entry = {
  scope: z
    .strictObject(scope, scopeWanted)
    .partial()
    .refine((named) => Object.keys(named).length > 0, {
      error: scopeWanted,
      when: ({ issues }) => issues.length === 0,
    }),
  reason: words.max(reasonLength, `write at most ${reasonLength} characters`),
  until: z.iso.date("write the last day on which the exception applies, such as 2027-03-31"),
};

const modelOf = (context: ExceptionContext) =>
  z.array(
    z.strictObject({ rule: ruleId(context), ...entry }, "write rule, scope, reason and until"),
    "write a list of exceptions",
  );

/** The file with the exceptions is not valid. */
export class ExceptionsError extends Error {
  override readonly name = "ExceptionsError";

  constructor(file: string, problems: readonly string[]) {
    const lines = problems.map((problem) => `  ${problem}`);
    super([`${file} cannot be used:`, ...lines, "", `An entry looks like this:\n${example}`].join("\n"));
  }
}

/** Parses `yaml`, the content of `file`. Throws ExceptionsError with every problem found. */
export function readExceptions(yaml: string, file = "exceptions.yaml", context: ExceptionContext = {}): Exception[] {
  const allowed = context.scopes ?? exceptionScopes;
  if (Buffer.byteLength(yaml) > fileBytes) throw new ExceptionsError(file, [`it has more than ${fileBytes} bytes`]);
  const written = parse(yaml, file);
  const parsed = modelOf(context).safeParse(written ?? []);
  if (parsed.success) {
    const refused = parsed.data.flatMap(({ scope }, index) =>
      exceptionScopes
        .filter((name) => scope[name] !== undefined && !allowed.includes(name))
        .map((name) => `${placeOf([index, "scope", name], written)}: ${notAllowed(allowed)}`),
    );
    if (refused.length > 0) throw new ExceptionsError(file, refused);
    return parsed.data;
  }
  const problems = parsed.error.issues.map((issue) => `${placeOf(issue.path, written)}: ${wording(issue)}`);
  throw new ExceptionsError(file, problems);
}

function notAllowed(allowed: readonly ExceptionScope[]): string {
  return `the setting "exceptionScopes" does not allow it; use only ${allowed.join(", ")}`;
}

function parse(yaml: string, file: string): unknown {
  // Editors on Windows begin a file with a byte order mark.
  const document = parseDocument(yaml.replace(/^\ufeff/, ""));
  const problems = document.errors.map(({ message }) => message);
  if (problems.length > 0) throw new ExceptionsError(file, problems);
  try {
    return document.toJS();
  } catch (error) {
    // The parser throws a ReferenceError for an alias without an anchor and for too many aliases.
    if (!(error instanceof ReferenceError)) throw error;
    throw new ExceptionsError(file, [error.message]);
  }
}

/** Returns for example "entry 2 (event-qps), until". Entries are counted from one. */
function placeOf([index, ...inside]: readonly PropertyKey[], written: unknown): string {
  if (typeof index !== "number") return "the file";
  const rule: unknown = Array.isArray(written) ? Object(written[index]).rule : undefined;
  const entry = `entry ${index + 1}${typeof rule === "string" ? ` (${rule})` : ""}`;
  return [entry, ...inside.map(String)].join(", ");
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  const known = Object.keys(issue.path.at(-1) === "scope" ? scope : { rule: "", ...entry });
  return `unknown ${issue.keys.map((key) => `"${key}"`).join(", ")}; use only ${known.join(", ")}`;
}
