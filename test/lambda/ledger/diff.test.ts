import { describe, expect, test } from "vitest";
import type { NodeSubject } from "../../../lambda/domain/result.ts";
import type { Seen, SeenSubject } from "../../../lambda/domain/seen.ts";
import type { Fate } from "../../../lambda/ledger/diff.ts";
import { DamagedLedgerError, decodeLedger, encodeLedger } from "../../../lambda/ledger/format.ts";
import { type Ledger, timesOf } from "../../../lambda/ledger/ledger.ts";
import { findingsOf } from "../../../lambda/securityhub/publish.ts";
import { clusterSubject, node as nodeOf, result, ruleFacts } from "../../kit/results.ts";
import { day, hour, idOf, monday, node, place, run, seen } from "./seen.ts";

const empty: Ledger = new Map();

/** Runs one after the other, a day apart unless said otherwise; what each of them sent. */
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

describe("what the last of several runs sends", () => {
  test.each<[string, readonly (Seen | [number, Seen])[], string[]]>([
    ["a new node is told", [seen(good)], ["new i-a event-qps passed", "new i-a node-auditable passed"]],
    ["what stays the same is not sent again", [seen(good), seen(good)], []],
    ["what breaks is told at once", [seen(good), seen(bad)], ["changed i-a event-qps failed"]],
    ["what is mended turns passed", [seen(bad), seen(good)], ["changed i-a event-qps passed"]],
    [
      "the same verdict for another reason is told",
      [seen(bad), seen(node("i-a", "failed", "another flag"))],
      ["changed i-a event-qps failed"],
    ],
    [
      "only moments in the words differ: not sent",
      [
        seen(node("i-a", "passed", "since 2026-11-01T10:00:00Z")),
        seen(node("i-a", "passed", "since 2026-11-01T10:00:01Z")),
      ],
      [],
    ],
    [
      "a node that cannot be read keeps its verdicts; that it cannot be read is told",
      [seen(bad), seen(unread)],
      ["changed i-a node-auditable failed"],
    ],
    ["and keeps them for a day", [seen(bad), seen(unread), [23, seen(unread)]], []],
    ["and then no longer", [seen(bad), seen(unread), [24, seen(unread)]], ["changed i-a event-qps notAvailable"]],
    ["a rule with a defect keeps its verdict for a day", [seen(good), seen(defective), [23, seen(defective)]], []],
    [
      "a rule with a defect keeps its verdict no longer than a day",
      [seen(good), seen(defective), [24, seen(defective)]],
      ["changed i-a event-qps notAvailable"],
    ],
    [
      "the day begins anew whenever the node was readable",
      [seen(bad), seen(unread), [12, seen(bad)], [12, seen(unread)], [23, seen(unread)]],
      [],
    ],
    [
      "readable again with another verdict, it is told at once",
      [seen(bad), seen(unread), [1, seen(good)]],
      ["changed i-a event-qps passed", "changed i-a node-auditable passed"],
    ],
    [
      "nor is it told meanwhile that a verdict is missing for another reason",
      [seen(readable(unread)), seen(node("i-a", "notAvailable", "silent"))],
      [],
    ],
    [
      "a node that never could be read has nothing to keep",
      [seen(unread)],
      ["new i-a event-qps notAvailable", "new i-a node-auditable failed"],
    ],
    [
      "a rule that can no longer judge a readable node says so at once",
      [seen(good), seen(readable(unread))],
      ["changed i-a event-qps notAvailable", "changed i-a node-auditable failed"],
    ],
    [
      "a node that is gone is archived with the verdict it had",
      [seen(bad, other), seen(other)],
      ["archived i-a event-qps failed", "archived i-a node-auditable passed"],
    ],
    ["and archived once", [seen(bad, other), seen(other), seen(other)], []],
    [
      "a node that comes back is active again",
      [seen(bad), seen(), seen(bad)],
      ["reactivated i-a event-qps failed", "reactivated i-a node-auditable passed"],
    ],
    ["a rule that is switched off is archived", [seen(good), seen(withoutRule)], ["archived i-a event-qps passed"]],
    [
      "a rule that is switched on again is active again",
      [seen(good), seen(withoutRule), seen(good)],
      ["reactivated i-a event-qps passed"],
    ],
    [
      "closed capacity that went away is archived",
      [seen(capacity), seen()],
      ["archived cluster node-auditable notAvailable"],
    ],
    [
      "a cluster that is gone is archived as a whole",
      [seen(good, capacity), { ...seen(), absence: "CLUSTER_GONE" }],
      [
        "archived cluster node-auditable notAvailable",
        "archived i-a event-qps passed",
        "archived i-a node-auditable passed",
      ],
    ],
    ["where AWS did not tell all, nothing is archived", [seen(good, capacity), incomplete(seen())], []],
    ["nor is a rule", [seen(good), incomplete(seen(withoutRule))], []],
    [
      "nor does a verdict get lost that lacks what AWS did not tell",
      [seen(good), incomplete(seen(readable({ ...unread, results: unread.results.slice(0, 1) })))],
      [],
    ],
    ["nor are words changed for want of it", [seen(bad), incomplete(seen(node("i-a", "failed", "less")))], []],
    ["but a new verdict is told", [seen(good), incomplete(seen(bad))], ["changed i-a event-qps failed"]],
    [
      "and a new node",
      [seen(good), incomplete(seen(good, other))],
      ["new i-b event-qps passed", "new i-b node-auditable passed"],
    ],
  ])("%s", (_, runs, last) => {
    expect(story(...runs).at(-1)).toEqual(last);
  });
});

test("a finding keeps its Id and CreatedAt for life, also when it was gone and the instance was started anew", () => {
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

test("UpdatedAt is later than the last, even if our clock went back", () => {
  const first = run(empty, seen(good), monday);
  const [change] = run(first.ledger, seen(bad), monday - 5 * 60_000).imports;
  expect(change?.updatedAt).toBe(monday + 1);
});

test("a run an hour after another refreshes nothing, at whatever hour of the month", () => {
  for (let moment = monday; moment < monday + 30 * day; moment += hour) {
    const before = run(empty, seen(good, other), moment).ledger;
    expect(run(before, seen(good, other), moment + hour).sent).toEqual([]);
  }
});

test("an archived finding says why, names node and cluster, and keeps what a customer's view depends on", () => {
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

test("an archived finding is forgotten after the 30 days in which Security Hub deletes it, and is new if it comes back", () => {
  const gone = run(run(empty, seen(good), monday).ledger, seen(), monday + day).ledger;
  expect(run(gone, seen(), monday + 31 * day).ledger.size).toBe(1);
  const later = run(gone, seen(), monday + 32 * day).ledger;
  expect(later.size).toBe(0);
  expect(run(later, seen(good), monday + 33 * day).sent[0]).toContain("new");
});

test("a node that stays gone takes no memory of its own in a run", () => {
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

  test("the ledger is not valid, so that it is rebuilt", () => {
    expect(() => decodeLedger("prod", encodeLedger("prod", ahead), monday)).toThrow(DamagedLedgerError);
    expect(decodeLedger("prod", encodeLedger("prod", rebuilt), monday)).toEqual(rebuilt);
  });

  test("a change has an UpdatedAt that Security Hub accepts, and the ledger stays valid", () => {
    const { imports, ledger } = run(rebuilt, seen(bad), monday + day);
    expect(imports.map(({ updatedAt }) => updatedAt)).toEqual([monday + years + 1]);
    expect(firstOf(ledger)).toMatchObject({ updatedAt: monday + day, ahead: monday + years + 1 });
    expect(decodeLedger("prod", encodeLedger("prod", ledger), monday + day)).toEqual(ledger);
  });

  test("findings are refreshed within the month all the same", () => {
    expect(run(rebuilt, seen(good), monday + 31 * day).sent).toEqual([
      "refresh i-a event-qps passed",
      "refresh i-a node-auditable passed",
    ]);
  });
});

test("the day for which a silent node keeps its verdicts is over in time, though a clock was ahead when it began", () => {
  const read = run(empty, seen(good), monday).ledger;
  const silent = run(read, seen(unread), monday + 20 * hour).ledger;
  const later = run(silent, seen(unread), monday + 2 * hour).ledger;
  expect(run(later, seen(unread), monday + 26 * hour).sent).toEqual(["changed i-a event-qps notAvailable"]);
});

describe("what the run after one with trouble sends", () => {
  const refuse = (id: string): Fate => (id.includes("event-qps") ? "refused" : "accepted");
  const lose = (id: string): Fate => (id.includes("event-qps") ? "unsure" : "accepted");
  test.each<[string, (id: string) => Fate, readonly Seen[], string[]]>([
    ["a new finding was refused: it is still new", refuse, [seen(good), seen(good)], ["new i-a event-qps passed"]],
    [
      "a change was refused: it is still a change",
      refuse,
      [seen(good), seen(bad), seen(bad)],
      ["changed i-a event-qps failed"],
    ],
    ["a change was refused and came undone: there is none", refuse, [seen(good), seen(bad), seen(good)], []],
    [
      "archiving was refused: it is to be archived",
      refuse,
      [seen(good), seen(), seen()],
      ["archived i-a event-qps passed"],
    ],
    [
      "a new finding got lost: it is sent again",
      lose,
      [seen(), seen(good), seen(good)],
      ["changed i-a event-qps passed"],
    ],
    [
      "a new finding got lost and its node went: it may be there, so it is archived",
      lose,
      [seen(), seen(good), seen()],
      ["archived i-a event-qps passed", "archived i-a node-auditable passed"],
    ],
    [
      "a change got lost and came undone: nobody knows, so it is sent",
      lose,
      [seen(good), seen(bad), seen(good)],
      ["changed i-a event-qps passed"],
    ],
    [
      "a new finding got lost and its node went silent: there may be no verdict to keep, so it is sent",
      lose,
      [seen(), seen(good), seen(unread)],
      ["changed i-a event-qps notAvailable", "changed i-a node-auditable failed"],
    ],
    [
      "a change got lost and its node went silent: one of its verdicts is there, so it is kept",
      lose,
      [seen(good), seen(bad), seen(unread)],
      ["changed i-a node-auditable failed"],
    ],
    [
      "archiving got lost and the node is back, silent: it is active again",
      lose,
      [seen(good), seen(), seen(unread)],
      ["changed i-a event-qps notAvailable", "reactivated i-a node-auditable failed"],
    ],
    ["archiving got lost: it is archived again", lose, [seen(good), seen(), seen()], ["archived i-a event-qps passed"]],
    [
      "archiving got lost and the node is back: it is active again",
      lose,
      [seen(good), seen(), seen(good)],
      ["changed i-a event-qps passed", "reactivated i-a node-auditable passed"],
    ],
  ])("%s", (_, fateOf, runs, expected) => {
    const sent: string[][] = [];
    let ledger = empty;
    for (const [index, what] of runs.entries()) {
      // Trouble comes in the last run but one.
      const fate = index === runs.length - 2 ? fateOf : undefined;
      const done = run(ledger, what, monday + index * day, fate);
      sent.push(done.sent);
      ledger = decodeLedger("prod", encodeLedger("prod", done.ledger), monday + index * day);
    }
    expect(sent.at(-1)).toEqual(expected);
  });

  test("of a node whose findings were all refused nothing is remembered", () => {
    expect(run(empty, seen(good), monday, () => "refused").ledger.size).toBe(0);
  });

  test("a refresh that may have got lost is no more than a refresh", () => {
    const before = run(empty, seen(good), monday).ledger;
    const later = run(before, seen(good), monday + 31 * day);
    expect(later.imports.map(({ why }) => why)).toEqual(["refresh", "refresh"]);
    expect(later.intent).toEqual(before);
  });
});

describe("three months of a fleet in which nothing happens", () => {
  const fleet = seen(...Array.from({ length: 300 }, (_, index) => node(`i-${index}`, "passed")));
  const perDay: number[] = [];
  const lastSent = new Map<string, number>();
  let longest = 0;
  let ledger = empty;
  for (let today = 0; today <= 90; today++) {
    const { imports, ledger: after } = run(ledger, fleet, monday + today * day);
    for (const { id } of imports) {
      longest = Math.max(longest, today - (lastSent.get(id) ?? today));
      lastSent.set(id, today);
    }
    perDay.push(imports.length);
    ledger = after;
  }

  test("each finding is sent once a month, well before Security Hub forgets it", () => {
    expect(longest).toBe(30);
    expect(perDay.slice(1, 31).reduce((sum, count) => sum + count)).toBe(600);
  });

  test("no day has more than three times its share", () => {
    expect(Math.max(...perDay.slice(1))).toBeLessThan((3 * 600) / 30);
  });
});

test.each<[string, Seen, Seen, string]>([
  ["a node that left", seen(good), seen(), "NODE_GONE"],
  ["a rule that is off", seen(good), seen(withoutRule), "RULE_OFF"],
  ["Auto Mode or Fargate that left", seen(capacity), seen(), "CAPACITY_GONE"],
])("%s is archived with its own reason", (_, before, after, reason) => {
  const { ledger } = run(empty, before, monday);
  const archived = run(ledger, after, monday + day).imports.map(({ content }) => content);
  expect(archived.length).toBeGreaterThan(0);
  for (const content of archived) expect(content).toMatchObject({ absence: reason });
});
