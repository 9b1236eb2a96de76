/** The two functions as they are deployed: bundle, memory, timeout, share of a processor and heap. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { functionTimeout, memorySize as memoryOfAudit } from "../../lib/audit-function.ts";
import { bundling, functionEntries, plannerEntries } from "../../lib/bundle.ts";
import { memorySize as memoryOfPlan, planTimeout } from "../../lib/plan-function.ts";

export interface DeployedFunction {
  /** Path of the module that exports the handler. */
  module: string;
  /** MiB. */
  memory: number;
  /** Milliseconds. */
  timeout: number;
}

/** Bundles both functions as a deployment does. The directory is in the temporary directory of the system. */
export async function deployedFunctions(): Promise<{
  directory: string;
  audit: DeployedFunction;
  plan: DeployedFunction;
}> {
  const directory = mkdtempSync(join(tmpdir(), "bench-scale-"));
  await build({ ...bundling, entryPoints: { ...functionEntries, ...plannerEntries }, outdir: directory });
  const timeouts = { audit: functionTimeout.toMilliseconds(), plan: planTimeout.toMilliseconds() };
  return {
    directory,
    audit: { module: join(directory, "index.mjs"), memory: memoryOfAudit, timeout: timeouts.audit },
    plan: { module: join(directory, "planner.mjs"), memory: memoryOfPlan, timeout: timeouts.plan },
  };
}

/**
 * Memory in MiB with which Lambda gives a function one processor. Source: AWS Lambda Developer Guide, "Configure Lambda
 * function memory".
 */
const memoryOfProcessor = 1_769;

/** The share of a processor that Lambda gives a function; at most 1, because a run computes in one thread at a time. */
export function shareOfProcessor(memory: number): number {
  return Math.min(1, memory / memoryOfProcessor);
}

/**
 * The heap limits with which Lambda's runtime starts Node.js, by the function's memory. Source: /var/runtime/bootstrap
 * of the runtime.
 */
export function heapLimits(memory: number): string[] {
  const young = Math.floor(memory / 10);
  return [`--max-semi-space-size=${Math.floor(young / 2)}`, `--max-old-space-size=${memory - young}`];
}
