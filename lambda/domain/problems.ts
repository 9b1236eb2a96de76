import type { Unreadable } from "./node.ts";

/** Thrown when the kubelet would exit at startup with the command line and files of the node. */
export class KubeletRefuses extends Error {
  override readonly name: string = "KubeletRefuses";
}

/** Thrown when the evidence is not sufficient to compute the effective configuration. */
export class CannotTell extends Error {
  override readonly name = "CannotTell";
  readonly unreadable: Unreadable;
  constructor(unreadable: Unreadable) {
    super(unreadable.because);
    this.unreadable = unreadable;
  }
}

/** Returns the error for evidence that lacks a file or value which the kubelet reads. */
export function incomplete(because: string, fix: string): CannotTell {
  return new CannotTell({ code: "EVIDENCE_INCOMPLETE", because, fix });
}
