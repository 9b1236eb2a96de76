import type { Unreadable } from "../domain/node.ts";

/** An expression read a value that the auditor cannot know. */
export class Undetermined extends Error {
  override readonly name = "Undetermined";
  readonly reason: Unreadable;
  constructor(reason: Unreadable) {
    super(reason.because);
    this.reason = reason;
  }
}

/** The error for a value that cannot be known on this node. `why` completes the sentence "… is unknown: …". */
export function unknownValue(what: string, why: string): Undetermined {
  const because = `The value of ${what} is unknown: ${why}.`;
  return new Undetermined({ code: "EVIDENCE_INCOMPLETE", because, fix: outOfReach });
}

const outOfReach = 'Check the value on the node by hand, or exclude such nodes with "applies" in rules.yaml.';

/** An expression used more steps than one rule may use on one node. */
export class TooCostly extends Error {
  override readonly name = "TooCostly";
}

/** An expression read a field that has no value on the node, and no zero value either. */
export class NoValue extends Error {
  override readonly name = "NoValue";
}
