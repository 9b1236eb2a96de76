import { createHash } from "node:crypto";
import type { AwsSecurityFinding } from "@aws-sdk/client-securityhub";
import { canonicalJson } from "../domain/canonical-json.ts";
import { updateOf } from "../domain/finding.ts";
import type { Result } from "../domain/result.ts";
import { toFinding } from "./asff.ts";

/** Characters of base64url, 30 bits. A change of status never hangs on it; a change of words alone is missed once in 10^9. */
export const digestLength = 5;

/** Stands for what a finding says when Security Hub may or may not have taken it: no digest is like it. */
export const unsure = ".".repeat(digestLength);

/** The same of a finding that may not even stand there, or be archived: there is no verdict that it could keep. */
export const unseen = `${"-".repeat(digestLength - 1)}.`;

/** Digest of the finding that a result becomes. It is made of ASFF, so that a ledger can be rebuilt from Security Hub. */
export function digestOf(result: Result): string {
  return digestOfFinding(toFinding(result, updateOf(result)));
}

/**
 * Short digest of what a finding says. Left out is what differs from run to run though nothing has changed: times of the
 * run, the evidence's own digest, the cluster's passing states, and moments in prose, since a kubelet's start is told in
 * terms of a boot time that the kernel computes anew at each look, now and then a second off. Left out as well is what
 * Security Hub may add to a finding: tags and applications of resources, control ids, related findings.
 */
export function digestOfFinding(finding: AwsSecurityFinding): string {
  const { Title, Description, Remediation, FindingProviderFields, Compliance, ProductFields = {}, Resources } = finding;
  const own = Object.entries(ProductFields).filter(([name]) => name !== "evidenceSha256" && !name.startsWith("aws/"));
  const said = {
    Title,
    Description: withoutMoments(Description),
    Remediation,
    FindingProviderFields: {
      Severity: { Label: FindingProviderFields?.Severity?.Label },
      Types: FindingProviderFields?.Types,
    },
    Compliance: {
      Status: Compliance?.Status,
      RelatedRequirements: Compliance?.RelatedRequirements,
      StatusReasons: Compliance?.StatusReasons?.map((reason) => ({
        ...reason,
        Description: withoutMoments(reason.Description),
      })),
    },
    ProductFields: Object.fromEntries(own),
    Resources: Resources && spelt(Resources),
  };
  return createHash("sha256").update(canonicalJson(said)).digest("base64url").slice(0, digestLength);
}

/** All findings about a node share its resources, so these are spelt out once. */
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

/** A cluster is UPDATING for a while, and all its nodes' findings need not say so. */
function withoutState({ Type, Id, Partition, Region, Details }: NonNullable<AwsSecurityFinding["Resources"]>[number]) {
  const { AwsEksCluster: cluster, ...details } = Details ?? {};
  const stable = { ...details, ...(cluster && { AwsEksCluster: { ...cluster, ClusterStatus: "" } }) };
  return { Type, Id, Partition, Region, Details: stable };
}
