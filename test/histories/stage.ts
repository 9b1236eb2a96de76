import { BatchUpdateFindingsCommand } from "@aws-sdk/client-securityhub";
import { findingId } from "../../lambda/domain/result.ts";
import type { Finding } from "../../local-aws/asff.ts";
import { withTime } from "../kit/forged-ledger.ts";
import { ledgerBucket, place, type Site } from "../lambda/collect/site.ts";
import type { Auditor } from "./auditor.ts";
import { type ClusterName, clusters, type Event, type MessageTrouble, type State, type Trouble } from "./events.ts";

const hour = 3_600_000;
/** A history that is under way: an embedded AWS, and the expected findings. */
export interface Stage {
  /** Applies an event. After a run that must leave all findings correct, returns the wrong ones as sentences. */
  happen(event: Event): Promise<string[]>;
  /** Runs until all findings have to be correct, and returns the wrong ones as sentences. */
  end(): Promise<string[]>;
}

export function setStage(site: Site, auditor: Auditor): Stage {
  const nodes = new Map<ClusterName, Map<number, State>>(clusters.map((name) => [name, new Map()]));
  const existing = new Set<ClusterName>(clusters);
  /** The workflow status that the customer has set, by the Id of the finding. */
  const customers = new Map<string, "SUPPRESSED" | "RESOLVED" | "NOTIFIED">();
  const { aws, clients } = site;
  const objects = () => aws.home.buckets.get(ledgerBucket)?.objects ?? new Map();
  const versionsOf = (name: ClusterName) =>
    objects().get(`ledgers/${place.account}/${place.region}/${name}.json.gz`) ?? [];
  const picked = (pick: number): Finding | undefined => {
    const findings = aws.findings();
    return findings[pick % Math.max(1, findings.length)];
  };

  /** One run; returns the number of findings that it sent, without refreshes. */
  async function run({ trouble, hoursAhead = 0 }: { trouble?: Trouble; hoursAhead?: number }): Promise<number> {
    // Every run has a different time, and Security Hub returns all findings of the previous run.
    aws.clock.advance(61_000);
    const now = () => aws.clock.now() + hoursAhead * hour;
    return await during(trouble, () => auditor.run({ existing, nodes }, { trouble, now }));
  }

  /** Injects the faults of `trouble` that the auditor does not inject itself. */
  async function during<Result>(trouble: MessageTrouble | undefined, act: () => Promise<Result>): Promise<Result> {
    const denied = { times: 1_000, error: { code: "AccessDenied", status: 403, message: "User: u is not authorized" } };
    const hub = "securityhub:BatchImportFindings";
    if (trouble === "S3 denies every PutObject") aws.faults.push({ operation: "s3:PutObject", ...denied });
    if (trouble === "S3 denies every GetObject") aws.faults.push({ operation: "s3:GetObject", ...denied });
    if (trouble === "the connection is lost before an import")
      aws.faults.push({ operation: hub, dropConnection: "before" });
    if (trouble === "the connection is lost after an import")
      aws.faults.push({ operation: hub, dropConnection: "after" });
    if (trouble === "Security Hub rejects an import")
      aws.faults.push({ operation: hub, error: { code: "InvalidInputException", message: "Refused by plan." } });
    if (trouble === "the function is throttled") aws.faults.push({ operation: "lambda:Invoke", times: 2 });
    try {
      return await act();
    } finally {
      aws.faults.length = 0;
    }
  }

  async function happen(event: Event): Promise<string[]> {
    await bringAbout(event);
    auditor.instances?.follow({ existing, nodes });
    return event.type === "run" && auditor.instances ? untrue(auditor.instances.isReadable) : [];
  }

  async function bringAbout(event: Event): Promise<void> {
    switch (event.type) {
      case "node":
        nodes.get(event.cluster)?.set(event.number, event.state);
        return;
      case "node is gone":
        nodes.get(event.cluster)?.delete(event.number);
        return;
      case "cluster":
        if (event.exists) existing.add(event.cluster);
        else existing.delete(event.cluster);
        return;
      case "time":
        aws.clock.advance(event.hours * hour);
        return;
      case "customer":
        return customer(picked(event.pick), event.status);
      case "Security Hub is emptied":
        aws.home.findings.clear();
        customers.clear();
        return;
      case "another importer passes a finding":
        return pass(picked(event.pick), event.inTheYear2099);
      case "ledgers are lost":
        objects().clear();
        return;
      case "an older ledger is restored": {
        const versions = versionsOf(event.cluster);
        const older = versions[event.pick % Math.max(1, versions.length)];
        if (older) versions.push({ ...older, etag: `"restored ${versions.length}"` });
        return;
      }
      case "a ledger gets impossible times": {
        const versions = versionsOf(event.cluster);
        const newest = versions.at(-1);
        if (newest?.body)
          versions.push({ ...newest, body: withTime(newest.body, event.time), etag: `"${versions.length}"` });
        return;
      }
      case "run":
        await run(event);
        return;
      case "minutes":
        return during(event.trouble, async () => auditor.instances?.pass(event.minutes, event.trouble));
      case "new agents register later":
        return auditor.instances?.registerAfter(event.minutes);
      case "a message":
        return auditor.instances?.change(event);
      case "a run takes place while messages are taken":
        await Promise.all([run({}), auditor.instances?.pass(1)]);
    }
  }

  async function customer(finding: Finding | undefined, status: "SUPPRESSED" | "RESOLVED" | "NOTIFIED"): Promise<void> {
    if (!finding) return;
    const { Id, ProductArn } = finding;
    const Note = { Text: `${status} by the customer`, UpdatedBy: "customer" };
    const UserDefinedFields = { ticket: status };
    const FindingIdentifiers = [{ Id, ProductArn }];
    await clients.securityHub.send(
      new BatchUpdateFindingsCommand({ FindingIdentifiers, Workflow: { Status: status }, Note, UserDefinedFields }),
    );
    customers.set(Id, status);
  }

  /**
   * Sets the finding to PASSED as another importer would. Security Hub accepts only an update with a later UpdatedAt.
   */
  function pass(finding: Finding | undefined, inTheYear2099: boolean): void {
    if (!finding) return;
    const later = Math.max(aws.clock.now(), Date.parse(finding.UpdatedAt) + 1);
    finding.UpdatedAt = inTheYear2099 ? "2099-01-01T00:00:00.000Z" : new Date(later).toISOString();
    finding.RecordState = "ACTIVE";
    finding.Compliance = { ...finding.Compliance, Status: "PASSED" };
  }

  async function end(): Promise<string[]> {
    for (let quiet = 1; quiet <= 2; quiet++) {
      // Longer than the 24 hours for which an unreadable node keeps its verdicts.
      aws.clock.advance(25 * hour);
      await run({});
    }
    const wrong = untrue();
    aws.clock.advance(hour);
    const sent = await run({});
    return [...wrong, ...untrue(), ...(sent > 0 ? [`a third run sends ${sent} findings`] : [])];
  }

  /** Returns a sentence for each wrong finding. If `isDue` is false for a node, its findings may be missing or old. */
  function untrue(isDue = (_cluster: ClusterName, _number: number) => true): string[] {
    const wanted = new Map<string, string | undefined>();
    for (const name of existing)
      for (const [number, state] of nodes.get(name) ?? [])
        for (const [rule, status] of Object.entries(auditor.expected[state]))
          wanted.set(
            findingId(place, name, auditor.instanceId(name, number), rule),
            isDue(name, number) ? status : undefined,
          );
    const held = new Map(aws.findings().map((finding) => [finding.Id, finding]));
    const wrong = [...wanted].flatMap(([Id, status]) => {
      if (status === undefined) return [];
      const { RecordState, Compliance } = held.get(Id) ?? {};
      const is = `${RecordState} ${Compliance?.Status}`;
      return is === `ACTIVE ${status}` ? [] : [`${Id} is ${is} instead of ACTIVE ${status}`];
    });
    const remaining = [...held.values()].filter(({ Id, RecordState }) => RecordState === "ACTIVE" && !wanted.has(Id));
    return [...wrong, ...remaining.map(({ Id }) => `${Id} is ACTIVE, but its node is gone`), ...touched(held)];
  }

  /**
   * Returns a sentence for each finding that lost the customer's data. Security Hub reopens a resolved finding that
   * fails again, but never a suppressed one.
   */
  function touched(held: ReadonlyMap<string, Finding>): string[] {
    return [...customers].flatMap(([Id, status]) => {
      const { Workflow, Note, UserDefinedFields } = held.get(Id) ?? {};
      // Security Hub deletes an archived finding after 30 days.
      if (!held.has(Id)) return [];
      const workflow = status === "SUPPRESSED" ? [status] : [status, "NEW"];
      const isKept =
        workflow.includes(Workflow?.Status ?? "") &&
        Note?.Text === `${status} by the customer` &&
        UserDefinedFields?.ticket === status;
      return isKept ? [] : [`${Id} has lost what the customer set: ${status}`];
    });
  }

  return { happen, end };
}
