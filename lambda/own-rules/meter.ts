import { TooCostly } from "./undetermined.ts";

/** Counts the steps of one rule on one node. */
export interface Meter {
  left: number;
}

/**
 * Maximum steps of one rule on one node: evaluated parts of its expressions, plus the lengths of the lists and texts
 * that they read. An expression over the command line of a usual node takes a few hundred. 100 rules with this number
 * of steps stay below the CPU time that the judging thread has for one node.
 */
export const mostSteps = 100_000;

/** Created once, because an error takes time to create and an expression may need many. */
const overLimit = new TooCostly(`The rule used more than ${mostSteps} steps.`);

export function spend(meter: Meter, steps: number): void {
  meter.left -= steps;
  if (meter.left < 0) throw overLimit;
}

/** Characters of a text that count as one step. */
const charactersPerStep = 64;

/** Steps for reading a value. Every element of a list or map counts, because an operator can look at each of them. */
export function stepsOf(value: unknown): number {
  if (typeof value === "string") return 1 + Math.floor(value.length / charactersPerStep);
  if (Array.isArray(value)) return 1 + value.length;
  return value instanceof Map ? 1 + value.size : 1;
}
