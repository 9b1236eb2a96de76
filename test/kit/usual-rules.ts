import { rules } from "../../lambda/rules/index.ts";
import { newestBenchmark } from "../../lambda/rules/kit/benchmark.ts";
import { severityOf } from "../../lambda/rules/kit/picked.ts";

/** The rules that are on in a deployment whose settings name neither rules nor benchmarks. */
export const usualRules = rules.filter((rule) => severityOf(rule, newestBenchmark, {}) !== "off");
