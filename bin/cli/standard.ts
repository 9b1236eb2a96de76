import { Option } from "commander";
import { type BenchmarkName, benchmarkNames } from "../../lambda/domain/rule-facts.ts";

/** The options that select the benchmarks, as commander returns them. */
export interface StandardOptions {
  benchmark?: readonly BenchmarkName[] | undefined;
  stigByLetter?: boolean;
}

/** The same selection in the form that the judging code uses. */
export interface Standard {
  benchmarks?: readonly BenchmarkName[];
  stigByLetter?: true;
}

/** The option takes one name each time. If it took several, it would also take the files that follow it. */
export function benchmarkOption(purpose = "benchmark to audit by, instead of cis-eks; may be repeated"): Option {
  const option = new Option("--benchmark <name>", purpose).choices(benchmarkNames);
  const check = option.parseArg;
  return option.argParser((name, others: readonly string[] = []) => [...others, check?.(name, name) ?? name]);
}

export const stigByLetterOption = [
  "--stig-by-letter",
  "also fail nodes that comply in effect but break the text of a STIG check; needs --benchmark stig",
] as const;

export function standardOf({ benchmark, stigByLetter }: StandardOptions): Standard {
  if (stigByLetter && !benchmark?.includes("stig"))
    throw new Error("--stig-by-letter needs the benchmark stig. Add --benchmark stig.");
  return { ...(benchmark && { benchmarks: benchmark }), ...(stigByLetter && { stigByLetter: true }) };
}
