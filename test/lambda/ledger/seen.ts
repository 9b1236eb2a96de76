import type { Status } from "../../../lambda/domain/result.ts";
import type { Seen, SeenSubject } from "../../../lambda/domain/seen.ts";
import type { Ledger } from "../../../lambda/ledger/ledger.ts";
import { type Fate, reconcile, settle } from "../../../lambda/ledger/reconcile.ts";
import { cluster, node as nodeOf, nodeSubject, result, ruleFacts, silent } from "../../kit/results.ts";

export const home = { partition: "aws", region: "eu-central-1", account: "111122223333" };

export const hour = 3_600_000;
export const day = 24 * hour;
export const monday = Date.parse("2026-11-23T06:00:00.000Z");

export const idOf = (subject: string, rule: string) =>
  `eks-kubelet-auditor/${rule}/${home.account}/${home.region}/prod/${subject}`;

/** A node and its two results: the one about it, and whether it could be read. */
export function node(id: string, status: Status, words = "as seen", place = home): SeenSubject {
  const instance = nodeOf({ instanceId: id, launchedAt: "2026-11-01T00:00:00.000Z" }, place);
  const unreadable = status === "notAvailable" && { unreadable: silent };
  const subject = nodeSubject({ node: instance, place, cluster: cluster({}, place), ...unreadable });
  const about = (rule: string, of: Status, because?: string) =>
    result(of, { subject, rule: ruleFacts({ id: rule, title: rule }), ...(because && { because }) });
  return {
    subject,
    results: [about("event-qps", status, words), about("node-auditable", unreadable ? "failed" : "passed")],
  };
}

export const seen = (...subjects: SeenSubject[]): Seen => ({ cluster: "prod", complete: true, subjects });

/** One run: what it has to send, in words, and the ledger before and after it is sent. */
export function run(ledger: Ledger, what: Seen, now: number, fateOf = (_: string): Fate => "accepted") {
  const reconciliation = reconcile(home, ledger, what, now);
  return {
    ...reconciliation,
    sent: reconciliation.imports.map((each) => [each.why, each.subject, each.rule, each.content.status].join(" ")),
    intent: settle(ledger, reconciliation, () => "unsure"),
    ledger: settle(ledger, reconciliation, fateOf),
  };
}
