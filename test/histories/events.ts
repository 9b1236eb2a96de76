import fc from "../kit/properties.ts";

export const clusters = ["prod", "dev"] as const;
export type ClusterName = (typeof clusters)[number];

/** The state of a node: its rule passes or fails, or it does not reply. */
export type State = "good" | "bad" | "silent";

/** A fault that lasts for a whole run. */
export type Trouble =
  | "S3 denies every PutObject"
  | "S3 denies every GetObject"
  | "Security Hub rejects an import"
  | "the connection is lost before an import"
  | "the connection is lost after an import"
  | "EKS does not list everything"
  | "the run is killed before it records"
  | "the run is killed before it publishes"
  | WholeTrouble;

/** Faults that can happen only in a whole audit. */
type WholeTrouble = "Security Hub is disabled" | "EC2 denies every DescribeInstances" | "SSM denies every SendCommand";

export type Event =
  | { type: "node"; cluster: ClusterName; number: number; state: State }
  | { type: "node is gone"; cluster: ClusterName; number: number }
  | { type: "cluster"; cluster: ClusterName; exists: boolean }
  | { type: "time"; hours: number }
  | { type: "customer"; pick: number; status: "SUPPRESSED" | "RESOLVED" | "NOTIFIED" }
  | { type: "Security Hub is emptied" }
  | { type: "another importer passes a finding"; pick: number; inTheYear2099: boolean }
  | { type: "ledgers are lost" }
  | { type: "an older ledger is restored"; cluster: ClusterName; pick: number }
  | { type: "a ledger gets impossible times"; cluster: ClusterName; time: number }
  | { type: "run"; trouble?: Trouble; hoursAhead?: number }
  | InstanceEvent;

/** Events of a history in which the auditor also processes EC2's events. */
type InstanceEvent =
  | { type: "minutes"; minutes: number; trouble?: MessageTrouble }
  | { type: "new agents register later"; minutes: number }
  | { type: "a message"; becomes: "lost" | "doubled" | "late" | "first" | "unreadable"; pick: number }
  | { type: "a run takes place while messages are taken" };

/** A fault that lasts while messages are processed. */
export type MessageTrouble = Trouble | "the function is throttled";

const cluster = fc.constantFrom(...clusters);
const number = fc.integer({ min: 1, max: 4 });
const pick = fc.nat(1_000);
const type = <const T extends Event["type"]>(name: T) => fc.constant(name);

/** Epoch milliseconds: impossible times and two times in the future. */
const times = [1e300, -1, 2.5, 4e12, 8e15];

const troubles: readonly Trouble[] = [
  "S3 denies every PutObject",
  "S3 denies every GetObject",
  "Security Hub rejects an import",
  "the connection is lost before an import",
  "the connection is lost after an import",
  "EKS does not list everything",
  "the run is killed before it records",
  "the run is killed before it publishes",
];

const wholeTroubles: readonly Trouble[] = [
  ...troubles,
  "Security Hub is disabled",
  "EC2 denies every DescribeInstances",
  "SSM denies every SendCommand",
];

const run = { type: type("run") };

/** Weights with which most histories have only a few lasting faults. Many faults would often cancel each other. */
const eventWith = (among: readonly Trouble[]): fc.Arbitrary<Event> =>
  fc.oneof(
    {
      weight: 14,
      arbitrary: fc.record({ type: type("node"), cluster, number, state: fc.constantFrom("good", "bad", "silent") }),
    },
    { weight: 3, arbitrary: fc.record({ type: type("node is gone"), cluster, number }) },
    { weight: 1, arbitrary: fc.record({ type: type("cluster"), cluster, exists: fc.boolean() }) },
    { weight: 8, arbitrary: fc.record({ type: type("time"), hours: fc.integer({ min: 1, max: 100 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        type: type("customer"),
        pick,
        status: fc.constantFrom("SUPPRESSED", "RESOLVED", "NOTIFIED"),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: type("Security Hub is emptied") }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: type("another importer passes a finding"), pick, inTheYear2099: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ type: type("ledgers are lost") }) },
    { weight: 2, arbitrary: fc.record({ type: type("an older ledger is restored"), cluster, pick }) },
    {
      weight: 1,
      arbitrary: fc.record({ type: type("a ledger gets impossible times"), cluster, time: fc.constantFrom(...times) }),
    },
    { weight: 14, arbitrary: fc.record(run) },
    { weight: 9, arbitrary: fc.record({ ...run, trouble: fc.constantFrom(...among) }) },
    { weight: 1, arbitrary: fc.record({ ...run, hoursAhead: fc.constantFrom(2, 70, 10_000) }) },
  );

const messageTroubles: readonly MessageTrouble[] = [
  "the function is throttled",
  "S3 denies every PutObject",
  "Security Hub rejects an import",
  "the connection is lost after an import",
  "the run is killed before it records",
  "the run is killed before it publishes",
  "EC2 denies every DescribeInstances",
  "SSM denies every SendCommand",
];

/**
 * Nodes that exist for minutes or hours. Whole runs have no faults here, because all findings have to be correct after
 * each run. Only the invocations that process messages have faults.
 */
const instanceEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: type("node"), cluster, number, state: fc.constantFrom("good", "bad", "silent") }),
  },
  { weight: 6, arbitrary: fc.record({ type: type("node is gone"), cluster, number }) },
  { weight: 1, arbitrary: fc.record({ type: type("cluster"), cluster, exists: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ type: type("minutes"), minutes: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: type("minutes"),
      minutes: fc.integer({ min: 3, max: 9 }),
      trouble: fc.constantFrom(...messageTroubles),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: type("time"), hours: fc.integer({ min: 1, max: 30 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: type("new agents register later"), minutes: fc.integer({ min: 0, max: 40 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: type("a message"),
      becomes: fc.constantFrom("lost", "doubled", "late", "first", "unreadable"),
      pick,
    }),
  },
  { weight: 3, arbitrary: fc.record(run) },
  { weight: 2, arbitrary: fc.record({ type: type("a run takes place while messages are taken") }) },
);

const events = { session: eventWith(troubles), whole: eventWith(wholeTroubles), instances: instanceEvent };

/**
 * The code that a history tests. `session`: the steps from the ledgers to Security Hub. `whole`: the whole audit.
 * `instances`: the whole audit and the processing of EC2's events.
 */
export type Driven = keyof typeof events;

/** The events of a history; equal for equal seeds. */
export function historyOf(driven: Driven, seed: number, steps: number): Event[] {
  const history = fc.array(events[driven], { minLength: steps, maxLength: steps + 20, size: "max" });
  return fc.sample(history, { seed, numRuns: 1 })[0] ?? [];
}
