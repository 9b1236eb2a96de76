import { describe, expect, test } from "vitest";
import type { NodeSubject } from "../../../lambda/domain/result.ts";
import type { Seen, SeenSubject } from "../../../lambda/domain/seen.ts";
import type { Fate } from "../../../lambda/ledger/diff.ts";
import { DamagedLedgerError, decodeLedger, encodeLedger } from "../../../lambda/ledger/format.ts";
import { type Ledger, timesOf } from "../../../lambda/ledger/ledger.ts";
import { findingsOf } from "../../../lambda/securityhub/publish.ts";
import { clusterSubject, node as nodeOf, result, ruleFacts, silent } from "../../kit/results.ts";
import { day, hour, idOf, monday, node, place, run, seen } from "./seen.ts";

const empty: Ledger = new Map();

/** Simulates consecutive runs, by default a day apart, and returns the findings that each of them sends. */
function story(...runs: readonly (Seen | [hours: number, Seen])[]): string[][] {
  let ledger = empty;
  let now = monday - day;
  return runs.map((each) => {
    const [hours, what] = Array.isArray(each) ? each : [24, each];
    now += hours * hour;
    const { sent, ledger: after } = run(ledger, what, now);
    ledger = decodeLedger("prod", encodeLedger("prod", after), now);
    return sent;
  });
}

const incomplete = (what: Seen): Seen => ({ ...what, complete: false });
const [good, bad, unread] = [node("i-a", "passed"), node("i-a", "failed"), node("i-a", "notAvailable")];
const other = node("i-b", "passed");
/** A node that the run had no time for. */
const late: SeenSubject = {
  ...unread,
  subject: { ...unread.subject, unreadable: { ...silent, code: "OUT_OF_TIME" } } as NodeSubject,
};
const withoutRule = { ...good, results: good.results.slice(1) };
const ofCluster = clusterSubject({ place });
const nodeAuditable = ruleFacts({ id: "node-auditable" });
const capacity = {
  subject: ofCluster,
  results: [result("notApplicable", { subject: ofCluster, rule: nodeAuditable })],
};
/** A readable node on which a rule throws an exception. */
const defective: SeenSubject = {
  ...good,
  results: good.results.map((each) =>
    each.rule.id === "event-qps"
      ? { ...each, status: "notAvailable", reasons: [{ code: "RULE_ERROR", because: "A defect." }] }
      : each,
  ),
};
/** The same results of a node that could be read. */
const readable = ({ results }: SeenSubject): SeenSubject => ({ subject: good.subject, results });

describe("the last of several runs", () => {
  test.each<[string, readonly (Seen | [number, Seen])[], string[]]>([
    ["sends the findings of a new node", [seen(good)], ["new i-a event-qps passed", "new i-a node-auditable passed"]],
    ["does not send findings of a new node that the run had no time for", [seen(late)], []],
    [
      "sends a failed node-auditable for a known node that the run had no time for",
      [seen(good), seen(late)],
      ["changed i-a node-auditable failed"],
    ],
    ["does not send unchanged findings", [seen(good), seen(good)], []],
    ["sends a verdict that became failed", [seen(good), seen(bad)], ["changed i-a event-qps failed"]],
    ["sends a verdict that became passed", [seen(bad), seen(good)], ["changed i-a event-qps passed"]],
    [
      "sends the same verdict with another reason",
      [seen(bad), seen(node("i-a", "failed", "another flag"))],
      ["changed i-a event-qps failed"],
    ],
    [
      "does not send a finding whose text differs only in times",
      [
        seen(node("i-a", "passed", "since 2026-11-01T10:00:00Z")),
        seen(node("i-a", "passed", "since 2026-11-01T10:00:01Z")),
      ],
      [],
    ],
    [
      "holds the verdicts of an unreadable node and sends its node-auditable",
      [seen(bad), seen(unread)],
      ["changed i-a node-auditable failed"],
    ],
    ["holds the verdicts of an unreadable node for a day", [seen(bad), seen(unread), [23, seen(unread)]], []],
    [
      "sends notAvailable for a node that was unreadable for a day",
      [seen(bad), seen(unread), [24, seen(unread)]],
      ["changed i-a event-qps notAvailable"],
    ],
    ["holds the verdict of a rule that throws for a day", [seen(good), seen(defective), [23, seen(defective)]], []],
    [
      "sends notAvailable for a rule that threw for a day",
      [seen(good), seen(defective), [24, seen(defective)]],
      ["changed i-a event-qps notAvailable"],
    ],
    [
      "holds the verdicts for another day if the node was readable in between",
      [seen(bad), seen(unread), [12, seen(bad)], [12, seen(unread)], [23, seen(unread)]],
      [],
    ],
    [
      "sends a changed verdict when the node is readable again",
      [seen(bad), seen(unread), [1, seen(good)]],
      ["changed i-a event-qps passed", "changed i-a node-auditable passed"],
    ],
    [
      "holds the reason why a readable node has no verdict when the node becomes unreadable",
      [seen(readable(unread)), seen(node("i-a", "notAvailable", "silent"))],
      [],
    ],
    [
      "sends another reason for a node that never had a verdict",
      [seen(unread), [1, seen(node("i-a", "notAvailable", "silent"))]],
      ["changed i-a event-qps notAvailable"],
    ],
    [
      "sends notAvailable for a node that never had a verdict",
      [seen(unread)],
      ["new i-a event-qps notAvailable", "new i-a node-auditable failed"],
    ],
    [
      "sends notAvailable for a rule that can no longer judge a readable node",
      [seen(good), seen(readable(unread))],
      ["changed i-a event-qps notAvailable", "changed i-a node-auditable failed"],
    ],
    [
      "archives the findings of a gone node with their last verdicts",
      [seen(bad, other), seen(other)],
      ["archived i-a event-qps failed", "archived i-a node-auditable passed"],
    ],
    ["archives the findings of a gone node only once", [seen(bad, other), seen(other), seen(other)], []],
    [
      "reactivates the findings of a node that returns",
      [seen(bad), seen(), seen(bad)],
      ["reactivated i-a event-qps failed", "reactivated i-a node-auditable passed"],
    ],
    [
      "archives the finding of a rule that is switched off",
      [seen(good), seen(withoutRule)],
      ["archived i-a event-qps passed"],
    ],
    [
      "reactivates the finding of a rule that is switched on again",
      [seen(good), seen(withoutRule), seen(good)],
      ["reactivated i-a event-qps passed"],
    ],
    [
      "archives the finding about Auto Mode or Fargate nodes that are gone",
      [seen(capacity), seen()],
      ["archived cluster node-auditable notAvailable"],
    ],
    [
      "archives all findings of a gone cluster",
      [seen(good, capacity), { ...seen(), absence: "CLUSTER_GONE" }],
      [
        "archived cluster node-auditable notAvailable",
        "archived i-a event-qps passed",
        "archived i-a node-auditable passed",
      ],
    ],
    ["archives no node if the data from AWS is incomplete", [seen(good, capacity), incomplete(seen())], []],
    [
      "archives no finding of a missing rule if the data from AWS is incomplete",
      [seen(good), incomplete(seen(withoutRule))],
      [],
    ],
    [
      "holds a verdict that is missing because the data from AWS is incomplete",
      [seen(good), incomplete(seen(readable({ ...unread, results: unread.results.slice(0, 1) })))],
      [],
    ],
    [
      "does not send a changed text if the data from AWS is incomplete",
      [seen(bad), incomplete(seen(node("i-a", "failed", "less")))],
      [],
    ],
    [
      "sends a changed verdict although the data from AWS is incomplete",
      [seen(good), incomplete(seen(bad))],
      ["changed i-a event-qps failed"],
    ],
    [
      "sends the findings of a new node although the data from AWS is incomplete",
      [seen(good), incomplete(seen(good, other))],
      ["new i-b event-qps passed", "new i-b node-auditable passed"],
    ],
  ])("%s", (_, runs, last) => {
    expect(story(...runs).at(-1)).toEqual(last);
  });
});

test("a finding keeps its Id and CreatedAt after it was archived and the instance was started again", () => {
  const first = run(empty, seen(good), monday);
  const gone = run(first.ledger, seen(), monday + day);
  const instance = node("i-a", "passed").subject;
  const launchedAt = "2026-11-25T00:00:00.000Z";
  const restarted = {
    ...good,
    subject: { ...instance, node: { ...nodeOf({ instanceId: "i-a" }), launchedAt } } as NodeSubject,
  };
  const back = run(gone.ledger, seen(restarted), monday + 2 * day);
  const identities = [first, gone, back].map(({ imports }) =>
    imports.map(({ id, createdAt }) => `${id} ${new Date(createdAt).toISOString()}`),
  );
  const expected = ["event-qps", "node-auditable"].map((rule) => `${idOf("i-a", rule)} 2026-11-01T00:00:00.000Z`);
  expect(identities).toEqual([expected, expected, expected]);
});

test("UpdatedAt is later than the last one even if our clock went back", () => {
  const first = run(empty, seen(good), monday);
  const [change] = run(first.ledger, seen(bad), monday - 5 * 60_000).imports;
  expect(change?.updatedAt).toBe(monday + 1);
});

test("a run an hour after another refreshes nothing at any hour of the month", () => {
  for (let moment = monday; moment < monday + 30 * day; moment += hour) {
    const before = run(empty, seen(good, other), moment).ledger;
    expect(run(before, seen(good, other), moment + hour).sent).toEqual([]);
  }
});

test("an archived finding contains the reason, node and cluster, and keeps the fields that a customer's filters use", () => {
  const before = run(empty, seen(bad), monday).ledger;
  const [archived] = run(before, seen(), monday + day).imports;
  const [finding = {}] = archived ? findingsOf([archived], []) : [];
  expect(finding).toMatchObject({
    RecordState: "ARCHIVED",
    Compliance: { Status: "FAILED", StatusReasons: [{ ReasonCode: "NODE_GONE" }] },
    Description: expect.stringContaining("The last verdict was FAILED"),
    Resources: [
      { Type: "AwsEc2Instance", Id: "arn:aws:ec2:eu-central-1:111122223333:instance/i-a" },
      { Type: "AwsEksCluster", Id: "arn:aws:eks:eu-central-1:111122223333:cluster/prod" },
    ],
  });
  expect(Object.keys(finding)).not.toContain("Workflow");
});

test("the ledger drops an archived finding after 30 days, as Security Hub does; a returned node has new findings", () => {
  const gone = run(run(empty, seen(good), monday).ledger, seen(), monday + day).ledger;
  expect(run(gone, seen(), monday + 31 * day).ledger.size).toBe(1);
  const later = run(gone, seen(), monday + 32 * day).ledger;
  expect(later.size).toBe(0);
  expect(run(later, seen(good), monday + 33 * day).sent[0]).toContain("new");
});

test("a run reuses the ledger entry of a node that was already gone in the run before", () => {
  const gone = run(run(empty, seen(good), monday).ledger, seen(), monday + day).ledger;
  expect(run(gone, seen(other), monday + 2 * day).next.get("i-a")).toBe(gone.get("i-a"));
});

describe("after a run whose clock was years ahead", () => {
  const years = 1000 * day;
  const ahead = run(empty, seen(good), monday + years).ledger;
  const firstOf = (ledger: Ledger) => ledger.get("i-a")?.findings.get("event-qps");
  const rebuilt: Ledger = new Map(
    [...ahead].map(([id, subject]) => [
      id,
      {
        createdAt: monday,
        findings: new Map(
          [...subject.findings].map(([rule, each]) => [rule, { ...each, ...timesOf(each.updatedAt, monday) }]),
        ),
      },
    ]),
  );

  test("the ledger is not valid, so it is rebuilt", () => {
    expect(() => decodeLedger("prod", encodeLedger("prod", ahead), monday)).toThrow(DamagedLedgerError);
    expect(decodeLedger("prod", encodeLedger("prod", rebuilt), monday)).toEqual(rebuilt);
  });

  test("a change has an UpdatedAt that Security Hub accepts, and the ledger stays valid", () => {
    const { imports, ledger } = run(rebuilt, seen(bad), monday + day);
    expect(imports.map(({ updatedAt }) => updatedAt)).toEqual([monday + years + 1]);
    expect(firstOf(ledger)).toMatchObject({ updatedAt: monday + day, ahead: monday + years + 1 });
    expect(decodeLedger("prod", encodeLedger("prod", ledger), monday + day)).toEqual(ledger);
  });

  test("findings are still refreshed within a month", () => {
    expect(run(rebuilt, seen(good), monday + 31 * day).sent).toEqual([
      "refresh i-a event-qps passed",
      "refresh i-a node-auditable passed",
    ]);
  });
});

test("the grace period of an unreadable node ends in time although a clock was ahead when it began", () => {
  const read = run(empty, seen(good), monday).ledger;
  const silent = run(read, seen(unread), monday + 20 * hour).ledger;
  const later = run(silent, seen(unread), monday + 2 * hour).ledger;
  expect(run(later, seen(unread), monday + 26 * hour).sent).toEqual(["changed i-a event-qps notAvailable"]);
});

describe("the run after one with failed imports", () => {
  const refuse = (id: string): Fate => (id.includes("event-qps") ? "refused" : "accepted");
  const lose = (id: string): Fate => (id.includes("event-qps") ? "unsure" : "accepted");
  test.each<[string, (id: string) => Fate, readonly Seen[], string[]]>([
    ["sends a rejected new finding as new", refuse, [seen(good), seen(good)], ["new i-a event-qps passed"]],
    ["sends a rejected change again", refuse, [seen(good), seen(bad), seen(bad)], ["changed i-a event-qps failed"]],
    ["sends nothing if a rejected change was undone", refuse, [seen(good), seen(bad), seen(good)], []],
    [
      "archives again a finding whose archiving was rejected",
      refuse,
      [seen(good), seen(), seen()],
      ["archived i-a event-qps passed"],
    ],
    [
      "sends again a new finding whose import may have failed",
      lose,
      [seen(), seen(good), seen(good)],
      ["changed i-a event-qps passed"],
    ],
    [
      "archives a new finding whose import may have failed and whose node is gone",
      lose,
      [seen(), seen(good), seen()],
      ["archived i-a event-qps passed", "archived i-a node-auditable passed"],
    ],
    [
      "sends the old verdict again if the import of a change may have failed and the change was undone",
      lose,
      [seen(good), seen(bad), seen(good)],
      ["changed i-a event-qps passed"],
    ],
    [
      "sends notAvailable for an unreadable node if the import of its first verdict may have failed",
      lose,
      [seen(), seen(good), seen(unread)],
      ["changed i-a event-qps notAvailable", "changed i-a node-auditable failed"],
    ],
    [
      "holds the verdict of an unreadable node if the import of a changed verdict may have failed",
      lose,
      [seen(good), seen(bad), seen(unread)],
      ["changed i-a node-auditable failed"],
    ],
    [
      "reactivates a finding whose archiving may have failed if its node returns and is unreadable",
      lose,
      [seen(good), seen(), seen(unread)],
      ["changed i-a event-qps notAvailable", "reactivated i-a node-auditable failed"],
    ],
    [
      "archives again a finding whose archiving may have failed",
      lose,
      [seen(good), seen(), seen()],
      ["archived i-a event-qps passed"],
    ],
    [
      "reactivates a finding whose archiving may have failed if its node returns",
      lose,
      [seen(good), seen(), seen(good)],
      ["changed i-a event-qps passed", "reactivated i-a node-auditable passed"],
    ],
  ])("%s", (_, fateOf, runs, expected) => {
    const sent: string[][] = [];
    let ledger = empty;
    for (const [index, what] of runs.entries()) {
      // Imports fail in the last run but one.
      const fate = index === runs.length - 2 ? fateOf : undefined;
      const done = run(ledger, what, monday + index * day, fate);
      sent.push(done.sent);
      ledger = decodeLedger("prod", encodeLedger("prod", done.ledger), monday + index * day);
    }
    expect(sent.at(-1)).toEqual(expected);
  });

  test("the ledger has no entry of a node whose findings were all rejected", () => {
    expect(run(empty, seen(good), monday, () => "refused").ledger.size).toBe(0);
  });

  test("a refresh that may have failed is sent as a refresh again", () => {
    const before = run(empty, seen(good), monday).ledger;
    const later = run(before, seen(good), monday + 31 * day);
    expect(later.imports.map(({ why }) => why)).toEqual(["refresh", "refresh"]);
    expect(later.intent).toEqual(before);
  });
});

describe("three months of many nodes without changes", () => {
  const seenNodes = seen(...Array.from({ length: 300 }, (_, index) => node(`i-${index}`, "passed")));
  const perDay: number[] = [];
  const lastSent = new Map<string, number>();
  let longest = 0;
  let ledger = empty;
  for (let today = 0; today <= 90; today++) {
    const { imports, ledger: after } = run(ledger, seenNodes, monday + today * day);
    for (const { id } of imports) {
      longest = Math.max(longest, today - (lastSent.get(id) ?? today));
      lastSent.set(id, today);
    }
    perDay.push(imports.length);
    ledger = after;
  }

  test("each finding is sent once a month, before Security Hub deletes it", () => {
    expect(longest).toBe(30);
    expect(perDay.slice(1, 31).reduce((sum, count) => sum + count)).toBe(600);
  });

  test("no day has more than three times the average number of refreshes", () => {
    expect(Math.max(...perDay.slice(1))).toBeLessThan((3 * 600) / 30);
  });
});

test.each<[string, Seen, Seen, string]>([
  ["a node that is gone", seen(good), seen(), "NODE_GONE"],
  ["a rule that is off", seen(good), seen(withoutRule), "RULE_OFF"],
  ["Auto Mode or Fargate that is gone", seen(capacity), seen(), "CAPACITY_GONE"],
])("%s is archived with its own reason", (_, before, after, reason) => {
  const { ledger } = run(empty, before, monday);
  const archived = run(ledger, after, monday + day).imports.map(({ content }) => content);
  expect(archived.length).toBeGreaterThan(0);
  for (const content of archived) expect(content).toMatchObject({ absence: reason });
});

describe("a run that listed the nodes before another run wrote the ledger", () => {
  const minute = 60_000;
  /** A run that lists the nodes at `listed` and reaches the ledger five minutes later. */
  const slow = (ledger: Ledger, what: Seen, listed: number) =>
    run(ledger, { ...what, listedAt: listed }, listed + 5 * minute);

  test("does not archive the findings of a node that only the other run found", () => {
    const { ledger } = run(empty, seen(good), monday + minute);
    const { sent, ledger: after } = slow(ledger, seen(), monday);
    expect([sent, after]).toEqual([[], ledger]);
    expect(slow(after, seen(), monday + hour).sent).toHaveLength(2);
  });

  test("does not reactivate the findings of a node that the other run found terminated in the meantime", () => {
    const first = run(empty, seen(good), monday - day);
    const { ledger } = run(first.ledger, seen(), monday + minute);
    const { sent, ledger: after } = slow(ledger, seen(bad), monday);
    expect([sent, after]).toEqual([[], ledger]);
    expect(slow(after, seen(bad), monday + hour).sent).toEqual([
      "reactivated i-a event-qps failed",
      "reactivated i-a node-auditable passed",
    ]);
  });

  test("archives a finding that another run's wrong clock dated in the future", () => {
    const { ledger } = run(empty, seen(good), monday + hour);
    expect(slow(ledger, seen(), monday).sent).toHaveLength(2);
  });
});
