import { z } from "zod";
import type { Finding } from "./asff.ts";
import type { Clock } from "./clock.ts";
import { announceImport } from "./events.ts";
import type { StoredFinding } from "./holdings.ts";
import type { Call } from "./operation.ts";

/**
 * The finding as GetFindings returns it. An import becomes visible after `consistency` milliseconds; until then this
 * returns the previous version, or undefined if there is none.
 */
export function asRead(
  { finding, previous, importedAt }: StoredFinding,
  { clock, pace }: Pick<Call["world"], "clock" | "pace">,
): Finding | undefined {
  return clock.now() - importedAt < pace.consistency ? previous : finding;
}

/** Adds the fields that Security Hub may add on its own. */
export function enriched(finding: Finding): Finding {
  const Resources = finding.Resources.map((resource) => ({
    ...resource,
    ApplicationName: "shop",
    Tags: { ...resource.Tags, "cost-center": "4711" },
  }));
  return { ...finding, AwsAccountName: "production", Resources };
}

const day = 86_400_000;
/**
 * Milliseconds from the last update to deletion. Source: AWS General Reference, "AWS Security Hub CSPM endpoints and
 * quotas".
 */
const retention = { ACTIVE: 90 * day, ARCHIVED: 30 * day };

export const keyOf = ({ ProductArn, Id }: { ProductArn: string; Id: string }): string => `${ProductArn} ${Id}`;

export function isExpired({ finding, touchedAt }: StoredFinding, clock: Clock): boolean {
  return clock.now() - touchedAt > retention[finding.RecordState ?? "ACTIVE"];
}

/** Source: Security Hub API reference, "Severity" (Normalized). */
const normalized = { INFORMATIONAL: 0, LOW: 1, MEDIUM: 40, HIGH: 70, CRITICAL: 90 };

/**
 * Customer-owned fields: an import can set them only when it creates the finding. Source: API reference,
 * BatchImportFindings.
 */
const customerFields = ["Note", "UserDefinedFields", "VerificationState", "Workflow"] as const;
/** Fields of FindingProviderFields that Security Hub copies to the top level. */
const providerFields = ["Confidence", "Criticality", "RelatedFindings", "Severity", "Types"] as const;

/**
 * Creates or updates a finding. As in AWS, an update with an UpdatedAt that is not later is ignored without an error.
 */
export function importFinding(sent: Finding, { at, world }: Call): void {
  const stored = at.findings.get(keyOf(sent));
  if (stored && Date.parse(sent.UpdatedAt) <= Date.parse(stored.finding.UpdatedAt)) return;
  const setByCustomer = stored?.setByCustomer ?? new Set();
  const finding = complete(sent, at);
  if (stored) {
    const overridden = providerFields.filter((field) => setByCustomer.has(field));
    for (const field of [...customerFields, ...overridden]) copy(stored.finding, finding, field);
    if (isReopened(stored.finding, finding)) finding.Workflow = { Status: "NEW" };
  }
  const previous = stored && asRead(stored, world);
  const now = world.clock.now();
  announceImport(finding, at);
  at.findings.set(keyOf(sent), { finding, setByCustomer, touchedAt: now, previous, importedAt: now });
}

function copy(from: Finding, to: Finding, field: string): void {
  if (field in from) to[field] = from[field];
  else delete to[field];
}

/** Adds the fields that Security Hub sets on findings of a custom integration. */
function complete(sent: Finding, { region }: Call["at"]): Finding {
  const FindingProviderFields = { ...pick(sent), ...sent.FindingProviderFields };
  const finding: Finding = { ...sent, ...FindingProviderFields, FindingProviderFields };
  const label = finding.Severity?.Label;
  const [CompanyName, ProductName] = [sent.CompanyName ?? "Personal", sent.ProductName ?? "Default"];
  return {
    RecordState: "ACTIVE",
    Workflow: { Status: "NEW" },
    ...finding,
    ...(label && { Severity: { ...finding.Severity, Normalized: normalized[label] } }),
    Region: region,
    CompanyName,
    ProductName,
    ProductFields: {
      ...sent.ProductFields,
      "aws/securityhub/FindingId": `${sent.ProductArn}/${sent.Id}`,
      "aws/securityhub/ProductName": ProductName,
      "aws/securityhub/CompanyName": CompanyName,
    },
  };
}

/** The provider fields at the top level. Security Hub uses them where FindingProviderFields lacks them. */
function pick(sent: Finding): Partial<Finding> {
  return Object.fromEntries(providerFields.filter((field) => field in sent).map((field) => [field, sent[field]]));
}

/**
 * Whether an import resets the workflow status NOTIFIED or RESOLVED to NEW. Source: Security Hub API reference,
 * "Workflow".
 */
function isReopened(before: Finding, after: Finding): boolean {
  const status = before.Workflow?.Status;
  if (status !== "NOTIFIED" && status !== "RESOLVED") return false;
  const returned = before.RecordState === "ARCHIVED" && after.RecordState === "ACTIVE";
  const broke = before.Compliance?.Status === "PASSED" && after.Compliance?.Status !== "PASSED";
  return returned || broke;
}

/** Fields that BatchUpdateFindings can set. Source: API reference. */
export const customerUpdate = z.object({
  Note: z.object({ Text: z.string().min(1).max(512), UpdatedBy: z.string().min(1) }).optional(),
  Severity: z.object({ Label: z.enum(["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"]) }).optional(),
  VerificationState: z.enum(["UNKNOWN", "TRUE_POSITIVE", "FALSE_POSITIVE", "BENIGN_POSITIVE"]).optional(),
  Confidence: z.number().int().min(0).max(100).optional(),
  Criticality: z.number().int().min(0).max(100).optional(),
  Types: z.array(z.string()).optional(),
  UserDefinedFields: z.record(z.string(), z.string()).optional(),
  Workflow: z.object({ Status: z.enum(["NEW", "NOTIFIED", "RESOLVED", "SUPPRESSED"]) }).optional(),
  RelatedFindings: z.array(z.object({ ProductArn: z.string(), Id: z.string() })).optional(),
});
export type CustomerUpdate = z.output<typeof customerUpdate>;

/** Applies a customer's update. UpdatedAt stays, because it belongs to the provider. `now` is ISO 8601. */
export function updateByCustomer({ finding, setByCustomer }: StoredFinding, update: CustomerUpdate, now: string): void {
  const { Note, Severity, ...rest } = update;
  if (Note) finding.Note = { ...Note, UpdatedAt: now };
  if (Severity) finding.Severity = { ...Severity, Normalized: normalized[Severity.Label] };
  Object.assign(finding, rest);
  for (const field of Object.keys(update)) setByCustomer.add(field);
}
