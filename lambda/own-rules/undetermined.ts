import type { Unreadable } from "../domain/node.ts";

/** Thrown when an expression reads a value that the auditor cannot determine. */
export class Undetermined extends Error {
  override readonly name = "Undetermined";
  readonly reason: Unreadable;
  constructor(reason: Unreadable) {
    super(reason.because);
    this.reason = reason;
  }
}

/** The error for a value that cannot be determined on this node. `why` completes the sentence "… is unknown: …". */
export function unknownValue(what: string, why: string): Undetermined {
  const because = `The value of ${what} is unknown: ${why}.`;
  return new Undetermined({ code: "EVIDENCE_INCOMPLETE", because, fix: outOfReach });
}

const outOfReach = 'Check the value on the node by hand, or exclude such nodes with "applies" in the rule.';

/** Thrown when the expressions of a rule use more steps than allowed on one node. */
export class TooCostly extends Error {
  override readonly name = "TooCostly";
}

/** Thrown when an expression reads a field that has neither a value on the node nor a zero value. */
export class NoValue extends Error {
  override readonly name = "NoValue";
}
