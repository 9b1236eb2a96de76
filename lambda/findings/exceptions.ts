import { closest } from "fastest-levenshtein";
import { parseDocument } from "yaml";
import * as z from "zod";
import { rules } from "../rules/index.ts";

/** A failed verdict that somebody answers for, until a day. */
export interface Exception {
  rule: string;
  /** All that is named has to match. */
  scope: {
    cluster?: string | undefined;
    /** Managed node group, Karpenter node pool or, for self-managed nodes, what starts them. */
    nodeGroup?: string | undefined;
    /** Instance id. */
    instance?: string | undefined;
    /** "key=value" of the instance. */
    tag?: string | undefined;
  };
  reason: string;
  /** The last day it holds, in UTC: "2027-03-31". */
  until: string;
}

/** Bytes of a file that people write by hand. */
const fileBytes = 1_000_000;

/** Longest reason. Source: ASFF, Compliance.StatusReasons.Description is at most 1,024 characters, and we add a date. */
const reasonLength = 900;

/** One entry as a person would write it. */
const example = `- rule: event-qps
  scope: { cluster: prod-eu, nodeGroup: batch }
  reason: Bursts of events are wanted here, see OPS-1234
  until: 2027-03-31`;

const ids = rules.map(({ id }) => id);
const neverExcepted = "node-auditable";

const ruleId = z.string("name a rule").check(({ value, issues }) => {
  const refuse = (message: string) => issues.push({ code: "custom", message, input: value });
  if (value === neverExcepted) refuse("a node that nobody can look at is not excused; make it readable");
  else if (!ids.includes(value)) refuse(`no rule has that name; did you mean ${closest(value, ids)}?`);
});

const words = z.string("write some text").regex(/\S/, "write some text");

const model = z.array(
  z.strictObject(
    {
      rule: ruleId,
      scope: z
        .strictObject(
          {
            cluster: words.optional(),
            nodeGroup: words.optional(),
            instance: z
              .string()
              .regex(/^m?i-[\da-f]{8,17}$/, "write an instance id, such as i-0a1b2c3d4e5f60718")
              .optional(),
            tag: z
              .string()
              .regex(/^[^=]+=/, "write key=value")
              .optional(),
          },
          "name where it holds: cluster, nodeGroup, instance or tag",
        )
        .refine((scope) => Object.keys(scope).length > 0, "name where it holds: cluster, nodeGroup, instance or tag"),
      reason: words.max(reasonLength, `write at most ${reasonLength} characters`),
      until: z.iso.date("write the last day it holds, such as 2027-03-31"),
    },
    "write rule, scope, reason and until",
  ),
  "write a list of exceptions",
);

/** The file with the exceptions cannot be used. */
export class ExceptionsError extends Error {
  override readonly name = "ExceptionsError";

  constructor(problems: readonly string[]) {
    super([`exceptions.yaml cannot be used:`, ...problems, "", `An entry looks like this:\n${example}`].join("\n"));
  }
}

/** Reads exceptions.yaml. Throws ExceptionsError with every problem found. */
export function readExceptions(yaml: string): Exception[] {
  if (Buffer.byteLength(yaml) > fileBytes) throw new ExceptionsError([`  it has more than ${fileBytes} bytes`]);
  const document = parseDocument(yaml);
  if (document.errors.length > 0) throw new ExceptionsError(document.errors.map(({ message }) => `  ${message}`));
  const written: unknown = document.toJS();
  const parsed = model.safeParse(written ?? []);
  if (parsed.success) return parsed.data;
  throw new ExceptionsError(parsed.error.issues.map((issue) => `  ${placeOf(issue.path, written)}: ${wording(issue)}`));
}

/** "entry 2 (event-qps), until": people count from one. */
function placeOf([index, ...inside]: readonly PropertyKey[], written: unknown): string {
  if (typeof index !== "number") return "the file";
  const rule: unknown = Array.isArray(written) ? Object(written[index]).rule : undefined;
  const entry = `entry ${index + 1}${typeof rule === "string" ? ` (${rule})` : ""}`;
  return [entry, ...inside.map(String)].join(", ");
}

function wording(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys")
    return `there is no ${issue.keys.map((key) => `"${key}"`).join(", ")} here; take it out`;
  return issue.message;
}
