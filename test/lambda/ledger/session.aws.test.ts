import { BatchUpdateFindingsCommand } from "@aws-sdk/client-securityhub";
import { afterAll, beforeAll, expect, test } from "vitest";
import { idOf as idOfResult, keptStatus, type Status } from "../../../lambda/domain/result.ts";
import type { Seen, SeenSubject } from "../../../lambda/domain/seen.ts";
import { announce, fatesIn, ledgersOf, plan, record } from "../../../lambda/ledger/session.ts";
import { complianceStatuses } from "../../../lambda/securityhub/asff.ts";
import { findingsOf, publish } from "../../../lambda/securityhub/publish.ts";
import type { Finding } from "../../../local-aws/asff.ts";
import type { Fault } from "../../../local-aws/traffic.ts";
import fc from "../../kit/properties.ts";
import { simulateTime } from "../../kit/simulated-time.ts";
import { ledgerBucket, place, type Site, startSite } from "../collect/site.ts";
import { hour, node } from "./seen.ts";

simulateTime();

let site: Site;
beforeAll(async () => {
  site = await startSite({});
});
afterAll(() => site.aws.close());

type Seeable = Extract<Status, "passed" | "failed" | "notAvailable">;
type Customer = "SUPPRESSED" | "RESOLVED" | "NOTIFIED";
type Event =
  | { type: "node"; id: string; status: Seeable }
  | { type: "gone"; id: string }
  | { type: "rule"; on: boolean }
  | { type: "time"; hours: number }
  | { type: "customer"; id: string; does: Customer }
  | { type: "fault"; fault: Fault }
  | { type: "run"; killedAfter?: number; incomplete?: boolean; twin?: boolean };

const ids = ["i-0a", "i-0b", "i-0c"] as const;
const id = fc.constantFrom(...ids);
const type = <const T extends Event["type"]>(name: T) => fc.constant(name);
const hub = "securityhub:BatchImportFindings";
const faults: readonly Fault[] = [
  { operation: hub, error: "throttled" },
  { operation: hub, dropConnection: "before" },
  { operation: hub, dropConnection: "after" },
  { operation: "s3:PutObject", dropConnection: "after" },
  { operation: "s3:GetObject", error: "throttled" },
  { operation: hub, error: { code: "InvalidInputException", message: "Refused by plan." } },
];
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: type("node"), id, status: fc.constantFrom("passed", "failed", "notAvailable") }),
  },
  { weight: 2, arbitrary: fc.record({ type: type("gone"), id }) },
  { weight: 1, arbitrary: fc.record({ type: type("rule"), on: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ type: type("time"), hours: fc.integer({ min: 1, max: 72 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: type("customer"), id, does: fc.constantFrom("SUPPRESSED", "RESOLVED", "NOTIFIED") }),
  },
  { weight: 2, arbitrary: fc.record({ type: type("fault"), fault: fc.constantFrom(...faults) }) },
  {
    weight: 6,
    arbitrary: fc.record(
      { type: type("run"), killedAfter: fc.nat(3), incomplete: fc.boolean(), twin: fc.boolean() },
      { requiredKeys: ["type"] },
    ),
  },
);

/** The simulated nodes and customer, and facts about past runs. */
class Model {
  readonly nodes = new Map<string, { status: Seeable; unreadSince?: number }>();
  ruleOn = true;
  /** Ids of findings that a complete or interrupted run may have sent. */
  readonly everSeen = new Set<string>();
  readonly created = new Map<string, string>();
  readonly updated = new Map<string, string>();
  readonly customers = new Map<string, Customer>();

  now(): number {
    return site.aws.clock.now();
  }

  seen(incomplete = false): Seen {
    const subjects = [...this.nodes].map(([node, { status }]) => this.#subject(node, status));
    return { cluster: "prod", complete: !incomplete, subjects };
  }

  #subject(id: string, status: Seeable): SeenSubject {
    const { subject, results } = node(id, status, "as seen", place);
    return { subject, results: this.ruleOn ? results : results.slice(1) };
  }

  /** Records that a run saw the nodes. This ends the grace period of each readable node. */
  looked(): void {
    for (const node of this.nodes.values()) if (node.status !== "notAvailable") delete node.unreadSince;
    for (const { results } of this.seen().subjects) for (const each of results) this.everSeen.add(idOfResult(each));
  }

  /** Records that a run wrote its plan into the ledger. This starts the grace period of each unreadable node. */
  stored(): void {
    for (const node of this.nodes.values()) if (node.status === "notAvailable") node.unreadSince ??= this.now();
  }
}

const idOf = (node: string, rule: string) =>
  `eks-kubelet-auditor/${rule}/${place.account}/${place.region}/prod/${node}`;

/** One run with the steps of the audit. It may end after any step. Returns true if it completed without errors. */
async function run(
  model: Model,
  { killedAfter = 4, incomplete, twin }: Extract<Event, { type: "run" }>,
): Promise<boolean> {
  const { clients } = site;
  const ledgers = ledgersOf(clients, ledgerBucket, place, { now: site.aws.clock.now });
  model.looked();
  const planned = await plan(ledgers, [model.seen(incomplete)], model.now(), Number.POSITIVE_INFINITY);
  if (killedAfter === 0) return false;
  const announced = await announce(ledgers, planned);
  if (planned.trouble.length + announced.trouble.length === 0) model.stored();
  if (killedAfter === 1) return false;
  // A finding that a concurrent run leaves unsure is sent again although this run had no errors.
  const isTwinDone = !twin || (await run(model, { type: "run" }));
  const findings = [...findingsOf(announced.plan.imports, [])];
  const half = killedAfter === 2 ? findings.slice(0, findings.length / 2) : findings;
  const publication = await publish(clients.securityHub, half);
  if (killedAfter <= 3) return false;
  const recorded = await record(ledgers, announced.plan, fatesIn(publication));
  const trouble = [planned, announced, publication, recorded].flatMap((step) => step.trouble);
  return trouble.length === 0 && !incomplete && isTwinDone;
}

async function happen(model: Model, event: Event): Promise<void> {
  const { clock } = site.aws;
  switch (event.type) {
    case "node":
      model.nodes.set(event.id, { ...model.nodes.get(event.id), status: event.status });
      return;
    case "gone":
      model.nodes.delete(event.id);
      return;
    case "rule":
      model.ruleOn = event.on;
      return;
    case "time":
      clock.advance(event.hours * hour);
      return forgetDeleted(model);
    case "fault":
      site.aws.faults.push({ ...event.fault });
      return;
    case "customer":
      return customer(model, event.id, event.does);
    case "run":
      // No two runs have the same time.
      clock.advance(60_000);
      if (await run(model, event)) await check(model);
  }
}

/**
 * Forgets what the customer set on findings that Security Hub has deleted. It deletes archived findings after 30 days.
 */
function forgetDeleted(model: Model): void {
  const existing = new Set(site.aws.findings().map(({ Id }) => Id));
  for (const facts of [model.customers, model.created, model.updated])
    for (const Id of facts.keys()) if (!existing.has(Id)) facts.delete(Id);
}

async function customer(model: Model, node: string, does: Customer): Promise<void> {
  const Id = idOf(node, "event-qps");
  const stored = site.aws.findings().find((each) => each.Id === Id);
  if (!stored) return;
  const FindingIdentifiers = [{ Id, ProductArn: stored.ProductArn }];
  const Note = { Text: `${does} by the customer`, UpdatedBy: "customer" };
  await site.clients.securityHub.send(
    new BatchUpdateFindingsCommand({ FindingIdentifiers, Workflow: { Status: does }, Note }),
  );
  model.customers.set(Id, does);
}

/** Assertions that hold after every completed run. */
async function check(model: Model): Promise<void> {
  const findings = new Map(site.aws.findings().map((each) => [each.Id, each]));
  const expected = new Set(model.seen().subjects.flatMap((each) => each.results.map(idOfResult)));
  for (const Id of expected) expect(findings.get(Id)?.RecordState, `${Id} is there`).toBe("ACTIVE");
  for (const [Id, stored] of findings) {
    expect(model.everSeen, `${Id} was sent by an earlier run`).toContain(Id);
    if (!expected.has(Id)) expect(stored.RecordState, `${Id} is gone`).toBe("ARCHIVED");
    checkHistory(model, stored);
  }
  for (const { subject, results } of model.seen().subjects) {
    for (const each of results) checkVerdict(model, subject.id, findings.get(idOfResult(each)), each.status);
  }
  const calls = site.clients.calls.get(hub);
  await run(model, { type: "run" });
  expect(site.clients.calls.get(hub), "an immediate second run sends nothing").toBe(calls);
}

function checkVerdict(model: Model, node: string, stored: Finding | undefined, verdict: Status): void {
  const { unreadSince } = model.nodes.get(node) ?? {};
  const mayBeHeld = unreadSince !== undefined && model.now() - unreadSince < 24 * hour;
  if (!mayBeHeld || verdict !== "notAvailable")
    expect(stored?.Compliance?.Status, stored?.Id).toBe(complianceStatuses[keptStatus(verdict)]);
}

function checkHistory(model: Model, { Id, CreatedAt, UpdatedAt, Workflow, Note }: Finding): void {
  expect(CreatedAt).toBe(model.created.get(Id) ?? CreatedAt);
  expect(UpdatedAt >= (model.updated.get(Id) ?? "")).toBe(true);
  model.created.set(Id, CreatedAt);
  model.updated.set(Id, UpdatedAt);
  const does = model.customers.get(Id);
  if (!does) return;
  expect(Note?.Text).toBe(`${does} by the customer`);
  // Security Hub itself reopens findings that fail again, but never suppressed ones.
  expect(does === "SUPPRESSED" ? ["SUPPRESSED"] : [does, "NEW"]).toContain(Workflow?.Status);
}

/** Without HISTORIES, the same two histories each time. `HISTORIES=50` runs 50 others, which take a second each. */
const { HISTORIES, FUZZ_SEED } = process.env;
const numRuns = Number(HISTORIES ?? 2);
const seed = HISTORIES === undefined && FUZZ_SEED === undefined && { seed: 1 };

test("after each completed run of any history, Security Hub holds the true verdicts, and an immediate next run sends nothing", async () => {
  const histories = fc.array(event, { minLength: 20, maxLength: 300, size: "max" });
  const property = fc.asyncProperty(histories, async (events) => {
    site.aws.home.findings.clear();
    site.aws.home.buckets.get(ledgerBucket)?.objects.clear();
    site.aws.faults.length = 0;
    const model = new Model();
    for (const each of events) await happen(model, each);
    site.aws.faults.length = 0;
    await happen(model, { type: "run" });
  });
  await fc.assert(property, { numRuns, ...seed, endOnFailure: true });
});
