import type { AwsSecurityFinding, Compliance, ComplianceStatus } from "@aws-sdk/client-securityhub";
import { type FindingUpdate, inCluster } from "../domain/finding.ts";
import { type Requirement, requirementText } from "../domain/requirements.ts";
import { generatorId, type KeptStatus, keptStatus, product, type Result } from "../domain/result.ts";
import { fitLine, fitText } from "../text.ts";
import { resourcesOf } from "./resources.ts";

/** Links for further reading. CIS lists the EKS benchmark among those for Kubernetes. */
const benchmarkUrls = {
  cis: "https://www.cisecurity.org/benchmark/kubernetes",
  stig: "https://public.cyber.mil/stigs/downloads/",
};

/** Maximum number of RelatedRequirements. Source: AWS Security Hub API Reference, Compliance. */
const mostRequirements = 32;

/**
 * Maximum bytes of text fields. ASFF limits characters, so limits in bytes are at least as strict. Source: AWS Security
 * Hub API Reference, AwsSecurityFinding.
 */
const limits = { title: 256, description: 1024, remediation: 512, reason: 1024, productField: 2048 };

/** Source: AWS Security Hub User Guide, "Types taxonomy for ASFF". */
const types = {
  cis: "Software and Configuration Checks/Industry and Regulatory Standards/CIS Host Hardening Benchmarks",
  // The taxonomy has no type for a STIG. DISA derives each rule of a STIG from a control of NIST SP 800-53.
  stig: "Software and Configuration Checks/Industry and Regulatory Standards/NIST 800-53 Controls (USA)",
  own: "Software and Configuration Checks/AWS Security Best Practices",
};

/** The ASFF compliance status of each status. */
export const complianceStatuses: Readonly<Record<KeptStatus, ComplianceStatus>> = {
  passed: "PASSED",
  failed: "FAILED",
  excepted: "WARNING",
  notAvailable: "NOT_AVAILABLE",
};

/** A result in ASFF. */
export function toFinding(
  result: Result,
  { id, createdAt, updatedAt }: Omit<FindingUpdate, "content">,
): AwsSecurityFinding {
  const { place } = inCluster(result);
  return {
    SchemaVersion: "2018-10-08",
    Id: id,
    ProductArn: `arn:${place.partition}:securityhub:${place.region}:${place.account}:product/${place.account}/default`,
    ProductName: product,
    GeneratorId: generatorId(result.rule.id),
    AwsAccountId: place.account,
    CreatedAt: new Date(createdAt).toISOString(),
    UpdatedAt: new Date(updatedAt).toISOString(),
    ...findingContent(result),
    RecordState: "ACTIVE",
  };
}

/**
 * The fields of a finding that depend on the result. The customer's fields (Workflow, Note, UserDefinedFields,
 * VerificationState) are never set. Severity and types are set in FindingProviderFields; Security Hub copies them
 * unless the customer chose other values.
 */
export function findingContent(result: Result) {
  const { rule, status } = result;
  const family = familyOf(result.requirements);
  return {
    Title: fitText(rule.title, limits.title),
    Description: descriptionOf(result),
    Remediation: {
      Recommendation: {
        Text: fitText(result.fix, limits.remediation),
        ...(family !== "own" && { Url: benchmarkUrls[family] }),
      },
    },
    FindingProviderFields: {
      Severity: { Label: status === "failed" ? result.severity : "INFORMATIONAL" },
      Types: [types[family]],
    },
    Resources: resourcesOf(inCluster(result)),
    Compliance: compliance(result),
    ProductFields: productFields(result),
  } satisfies Partial<AwsSecurityFinding>;
}

/**
 * The description. For an excepted finding, the reason and end of the exception precede the description of the failure.
 */
function descriptionOf({ because, rule, exception }: Result): string {
  const description = fitLine(`${because} ${rule.why}`, limits.description);
  return exception ? fitLine(`${acceptance(exception)} (${description})`, limits.description) : description;
}

function acceptance({ reason, until }: NonNullable<Result["exception"]>): string {
  return `Excepted until ${until}: ${reason}`;
}

function familyOf(requirements: readonly Requirement[]): keyof typeof types {
  if (requirements.some(({ benchmark }) => benchmark !== "stig")) return "cis";
  return requirements.length > 0 ? "stig" : "own";
}

function compliance({ rule, status, requirements, reasons, exception }: Result): Compliance {
  const related = [
    ...requirements.map(requirementText),
    ...(rule.datadog ? [`Datadog ${rule.datadog}`] : []),
    ...(rule.controls ?? []),
  ].slice(0, mostRequirements);
  const accepted = exception ? [{ code: "EXCEPTED", because: acceptance(exception) }] : [];
  const StatusReasons = [...accepted, ...reasons].map(({ code, because }) => {
    return { Description: fitLine(because, limits.reason), ReasonCode: code };
  });
  return {
    Status: complianceStatuses[keptStatus(status)],
    ...(StatusReasons.length > 0 && { StatusReasons }),
    ...(related.length > 0 && { RelatedRequirements: related }),
  };
}

/** ProductFields, for programs, in the order of the alphabet. Empty values are omitted, because ASFF rejects them. */
function productFields(result: Result): Record<string, string> {
  const { value, from, requirements, exception } = result;
  const subject = inCluster(result);
  const node = subject.kind === "node" ? subject : undefined;
  const all = {
    architecture: node?.node.architecture,
    benchmarkVersion: requirements.find(({ benchmark }) => benchmark === "cis-eks")?.version,
    cluster: subject.cluster.name,
    evidenceSha256: node?.evidenceSha256,
    exceptionReason: exception?.reason,
    exceptionUntil: exception?.until,
    from,
    instanceId: node?.id,
    kubeletVersion: node?.kubeletVersion,
    nodeGroup: node?.node.group.name,
    nodeGroupKind: node?.node.group.kind,
    os: node?.os,
    value,
  };
  const fields: Record<string, string> = {};
  for (const [name, text] of Object.entries(all)) if (text?.trim()) fields[name] = fitLine(text, limits.productField);
  return fields;
}
