import * as z from "zod";
import { type BenchmarkVersion, benchmarkNames, type Severity } from "../../domain/rule-facts.ts";
import { nearest } from "../../text.ts";
import { rules } from "../index.ts";
import { adviceOn, ruleNamed } from "./rule-names.ts";

/** Rules by id that are switched off or have another severity. */
export type RuleChoice = Readonly<Record<string, "off" | Severity>>;

/** The problem with `name`, as a clause; undefined if a rule has this id or number. `own` are the ids of rules.yaml. */
export function unknownRule(name: string, version?: BenchmarkVersion, own: readonly string[] = []): string | undefined {
  if (ruleNamed(name, version)) return undefined;
  const meant = nearest(name, own);
  if (meant) return `no rule has that name; did you mean ${meant}?`;
  const advice = adviceOn(name, version) ?? `The rules are ${rules.map(({ id }) => id).join(", ")}`;
  return `no rule has that name; ${advice.replace(/^(Did|The|In) /, (word) => word.toLowerCase())}`;
}

const effect = z.enum(["off", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]);

/**
 * Model of the setting "rules". It is validated when a deployment is synthesized and when the function starts. Numbers
 * become ids; those of the CIS Amazon EKS Benchmark are read as numbers of `version`, the pinned one.
 */
export function ruleChoice(version?: BenchmarkVersion) {
  return z.record(z.string(), effect).transform((written, { issues }): RuleChoice => {
    const choice = new Map<string, "off" | Severity>();
    for (const [name, value] of Object.entries(written)) {
      const rule = ruleNamed(name, version);
      const problem = rule ? repeated(name, rule.id, choice) : unknownRule(name, version);
      if (problem) issues.push({ code: "custom", message: problem, input: name, path: [name] });
      if (rule) choice.set(rule.id, value);
    }
    return Object.fromEntries(choice);
  });
}

function repeated(name: string, id: string, choice: ReadonlyMap<string, unknown>): string | undefined {
  return choice.has(id) ? `${name} and another name in this setting are the same rule, ${id}; keep one` : undefined;
}

/** Model of the setting "benchmarks". */
export const benchmarkChoice = z
  .array(
    z.enum(benchmarkNames, {
      error: ({ input }) => {
        const meant = nearest(String(input), benchmarkNames);
        return `${JSON.stringify(input)} is not a benchmark; ${meant ? `did you mean ${meant}?` : `the benchmarks are ${benchmarkNames.join(", ")}`}`;
      },
    }),
  )
  .min(1, `is empty; name one or more of ${benchmarkNames.join(", ")}`)
  .transform((named) => benchmarkNames.filter((name) => named.includes(name)));
