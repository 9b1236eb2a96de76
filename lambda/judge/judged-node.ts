import type { EffectiveKubelet } from "../kubelet/effective.ts";
import type { Outcome } from "../run/summary.ts";
import type { Exception } from "./exceptions.ts";
import type { Judged } from "./judge.ts";

/** A node with what every rule that is on says of it. */
export interface JudgedNode extends Outcome, Pick<Judged, "os" | "kubeletVersion"> {
  verdicts: readonly RuleVerdict[];
  /** The effective configuration; absent where it could not be resolved, and on Bottlerocket. */
  settings?: EffectiveKubelet["settings"];
}

/** One rule's answer, and what became of it. */
export type RuleVerdict = Judged["verdicts"][number] & {
  /** It failed, and somebody answers for that. */
  exception?: Pick<Exception, "reason" | "until">;
  /** What Security Hub goes on saying for now, since this run could neither confirm nor refute it. */
  held?: "passed" | "failed" | "excepted";
  /** Since when the finding is FAILED at least, by the ledger, epoch milliseconds. */
  since?: number;
};
