import type { Status } from "../../../lambda/domain/result.ts";
import type { Seen, SeenSubject } from "../../../lambda/domain/seen.ts";
import { diff, type Fate, settle } from "../../../lambda/ledger/diff.ts";
import type { Ledger } from "../../../lambda/ledger/ledger.ts";
import { cluster, node as nodeOf, nodeSubject, result, ruleFacts, silent } from "../../kit/results.ts";

export const place = { partition: "aws", region: "eu-central-1", account: "111122223333" };

export const hour = 3_600_000;
export const day = 24 * hour;
export const monday = Date.parse("2026-11-23T06:00:00.000Z");

export const idOf = (subject: string, rule: string) =>
  `eks-kubelet-auditor/${rule}/${place.account}/${place.region}/prod/${subject}`;

/** A node and its two results: event-qps and node-auditable. */
export function node(id: string, status: Status, words = "as seen", at = place): SeenSubject {
  const instance = nodeOf({ instanceId: id, launchedAt: "2026-11-01T00:00:00.000Z" }, at);
  const unreadable = status === "notAvailable" && { unreadable: silent };
  const subject = nodeSubject({ node: instance, place: at, cluster: cluster({}, at), ...unreadable });
  const about = (rule: string, of: Status, because?: string) =>
    result(of, { subject, rule: ruleFacts({ id: rule, title: rule }), ...(because && { because }) });
  return {
    subject,
    results: [about("event-qps", status, words), about("node-auditable", unreadable ? "failed" : "passed")],
  };
}

export const seen = (...subjects: SeenSubject[]): Seen => ({ cluster: "prod", complete: true, subjects });

/** One run: the findings to send as short texts, and the ledger before and after sending. */
export function run(ledger: Ledger, what: Seen, now: number, fateOf = (_: string): Fate => "accepted") {
  const difference = diff(place, ledger, what, now);
  return {
    ...difference,
    sent: difference.imports.map((each) => [each.why, each.subject, each.rule, each.content.status].join(" ")),
    intent: settle(ledger, difference, () => "unsure"),
    ledger: settle(ledger, difference, fateOf),
  };
}
