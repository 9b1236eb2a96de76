import { describe, expect, test } from "vitest";
import type { Ledger, LedgerSubject } from "../../../lambda/ledger/ledger.ts";
import { minutesToFirstVerdict } from "../../../lambda/ledger/session.ts";
import { node, nodeSubject, silent } from "../../kit/results.ts";

const launchedAt = "2026-11-27T12:00:00.000Z";
const now = Date.parse("2026-11-27T12:07:30.000Z");

const known: LedgerSubject = {
  createdAt: 0,
  findings: new Map([["node-auditable", { status: "passed", archived: false, digest: "", updatedAt: 0 }]]),
};

/** The minutes of one node of the cluster "prod", whose ledger had these subjects before the run. */
function minutes(before: readonly string[], changes: Parameters<typeof node>[0] = { launchedAt }, more: object = {}) {
  const ledger: Ledger = new Map(before.map((id) => [id, known]));
  const part = {
    cluster: "prod",
    before: ledger,
    owns: () => true,
    diff: { imports: [], unchanged: 0, held: 0, locked: [], next: ledger },
  };
  const subject = nodeSubject({ node: node(changes), ...more });
  return minutesToFirstVerdict({ parts: [part] }, [{ subject, results: [] }], now);
}

describe("the minutes to the first verdict", () => {
  test("are those from a new node's launch to the run", () => {
    expect(minutes(["i-other"])).toEqual([7.5]);
  });

  test("are 0 when EC2's clock is ahead of ours", () => {
    expect(minutes(["i-other"], { launchedAt: "2026-11-27T12:08:00.000Z" })).toEqual([0]);
  });

  test.each<[string, ReturnType<typeof minutes>]>([
    ["a node that has had findings before", minutes(["i-0abc"])],
    ["a node that could not be read", minutes(["i-other"], { launchedAt }, { unreadable: silent })],
    ["a node without a launch time", minutes(["i-other"], {})],
    ["the first audit of a cluster, whose nodes may have run for months", minutes([])],
    ["a cluster whose ledger was not planned", minutes(["i-other"], { launchedAt, cluster: "other" })],
  ])("exclude %s", (_, none) => {
    expect(none).toEqual([]);
  });
});
