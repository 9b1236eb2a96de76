import type { Unreadable } from "./node.ts";

/** A kubelet with this command line and these files ends before it serves. */
export class KubeletRefuses extends Error {
  override readonly name: string = "KubeletRefuses";
}

/** What the kubelet would do cannot be said from this evidence. */
export class CannotTell extends Error {
  override readonly name = "CannotTell";
  readonly unreadable: Unreadable;
  constructor(unreadable: Unreadable) {
    super(unreadable.because);
    this.unreadable = unreadable;
  }
}

/** The evidence lacks something that the kubelet reads. */
export function incomplete(because: string, fix: string): CannotTell {
  return new CannotTell({ code: "EVIDENCE_INCOMPLETE", because, fix });
}
