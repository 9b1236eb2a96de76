import type { AwsSecurityFinding, ComplianceStatus } from "@aws-sdk/client-securityhub";
import type { Ledger } from "../../../lambda/ledger/ledger.ts";
import { type Fate, reconcile, type Seen, type SeenSubject, settle } from "../../../lambda/ledger/reconcile.ts";

export const home = { partition: "aws", region: "eu-central-1", account: "111122223333" };

export const hour = 3_600_000;
export const day = 24 * hour;
export const monday = Date.parse("2026-11-23T06:00:00.000Z");

export const idOf = (subject: string, rule: string) =>
  `eks-kubelet-auditor/${rule}/${home.account}/${home.region}/prod/${subject}`;

/** A finding as judging makes it, before it is reconciled. */
export function finding(
  subject: string,
  rule: string,
  Status: ComplianceStatus,
  words = "as seen",
): AwsSecurityFinding {
  return {
    SchemaVersion: "2018-10-08",
    Id: idOf(subject, rule),
    ProductArn: `arn:aws:securityhub:${home.region}:${home.account}:product/${home.account}/default`,
    GeneratorId: `eks-kubelet-auditor/${rule}`,
    AwsAccountId: home.account,
    CreatedAt: "2026-11-01T00:00:00.000Z",
    UpdatedAt: "2026-11-01T00:00:00.000Z",
    Title: rule,
    Description: words,
    FindingProviderFields: { Severity: { Label: "LOW" }, Types: ["Software and Configuration Checks"] },
    Compliance: { Status },
    Resources: [{ Type: "AwsEc2Instance", Id: `arn:aws:ec2:${home.region}:${home.account}:instance/${subject}` }],
    RecordState: "ACTIVE",
  };
}

/** A node's two findings: the one about it, and whether it could be read. */
export function node(id: string, status: ComplianceStatus, words?: string): SeenSubject {
  const readable = status !== "NOT_AVAILABLE";
  const auditable = finding(id, "node-auditable", readable ? "PASSED" : "FAILED");
  return { id, readable, findings: [finding(id, "event-qps", status, words), auditable] };
}

export const seen = (...subjects: SeenSubject[]): Seen => ({ cluster: "prod", complete: true, subjects });

/** One run: what it has to send, in words, and the ledger before and after it is sent. */
export function run(ledger: Ledger, what: Seen, now: number, fateOf = (_: string): Fate => "accepted") {
  const reconciliation = reconcile(home, ledger, what, now);
  return {
    ...reconciliation,
    sent: reconciliation.imports.map(({ why, subject, rule, finding: { Compliance } }) =>
      [why, subject, rule, Compliance?.Status].join(" "),
    ),
    intent: settle(ledger, reconciliation, () => "unsure"),
    ledger: settle(ledger, reconciliation, fateOf),
  };
}
