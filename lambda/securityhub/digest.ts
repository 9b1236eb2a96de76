import { hash } from "node:crypto";
import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Result } from "../domain/result.ts";
import { findingContent } from "./asff.ts";

/**
 * Characters of a digest: base64url, 30 bits. The status is compared separately. One in 10^9 changes that affect only
 * the text is missed.
 */
export const digestLength = 5;

/** Marks a finding whose last import Security Hub may or may not have accepted. No digest equals it. */
export const unsure = ".".repeat(digestLength);

/**
 * Marks a finding whose last import is uncertain and that may be missing or archived in Security Hub. It has no verdict
 * that a later run could hold.
 */
export const unseen = `${"-".repeat(digestLength - 1)}.`;

/** Digest of the finding for a result. It is computed from ASFF, so that a ledger can be rebuilt from Security Hub. */
export function digestOf(result: Result): string {
  return digestOfContent(findingContent(result));
}

/** The same digest of a finding as Security Hub returns it. Security Hub adds fields, and sorts them in its own way. */
export function digestOfFinding(finding: AwsSecurityFinding): string {
  const { ProductFields = {} } = finding;
  const own = Object.entries(ProductFields).filter(([name]) => !name.startsWith("aws/"));
  own.sort(([one], [other]) => (one < other ? -1 : 1));
  return digestOfContent({ ...finding, ProductFields: Object.fromEntries(own) });
}

/**
 * Short digest of a finding's content. It excludes values that differ from run to run although nothing has changed:
 * times of the run, the digest of the evidence, temporary states of the cluster, and times in sentences. A kubelet's
 * start time, for example, depends on a boot time that the kernel computes on each read and that can differ by a
 * second. The digest also excludes additions by Security Hub: tags and applications of resources, control ids, related
 * findings. All members are in the order of the alphabet, so that equal findings have equal text.
 */
function digestOfContent(content: Partial<AwsSecurityFinding>): string {
  const { Title, Description, Remediation, FindingProviderFields, Compliance, ProductFields, Resources } = content;
  const said = {
    Compliance: {
      RelatedRequirements: Compliance?.RelatedRequirements,
      Status: Compliance?.Status,
      StatusReasons: Compliance?.StatusReasons?.map(({ Description, ReasonCode }) => ({
        Description: withoutMoments(Description),
        ReasonCode,
      })),
    },
    Description: withoutMoments(Description),
    FindingProviderFields: {
      Severity: { Label: FindingProviderFields?.Severity?.Label },
      Types: FindingProviderFields?.Types,
    },
    ProductFields: { ...ProductFields, evidenceSha256: undefined },
    Remediation: {
      Recommendation: { Text: Remediation?.Recommendation?.Text, Url: Remediation?.Recommendation?.Url },
    },
    Resources: Resources && spelt(Resources),
    Title,
  };
  return hash("sha256", JSON.stringify(said), "base64url").slice(0, digestLength);
}

/** Serialized resources. All findings about a node share its resources, so they are serialized once. */
const speltOut = new WeakMap<object, string>();

function spelt(resources: NonNullable<AwsSecurityFinding["Resources"]>): string {
  const known = speltOut.get(resources);
  if (known !== undefined) return known;
  const text = canonicalJson(resources.map(withoutState));
  speltOut.set(resources, text);
  return text;
}

function withoutMoments(text = ""): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<moment>");
}

/**
 * Removes the cluster's status. A cluster is UPDATING for a while, and this change must not import all findings of its
 * nodes again.
 */
function withoutState({ Type, Id, Partition, Region, Details }: NonNullable<AwsSecurityFinding["Resources"]>[number]) {
  const { AwsEksCluster: cluster, ...details } = Details ?? {};
  const stable = { ...details, ...(cluster && { AwsEksCluster: { ...cluster, ClusterStatus: "" } }) };
  return { Type, Id, Partition, Region, Details: stable };
}
