import type { Severity } from "../../../lambda/rules/kit/rule.ts";
import packageJson from "../../../package.json" with { type: "json" };
import type { Result } from "../result.ts";
import { requirementOf } from "./columns.ts";

/** Version of the Open Cybersecurity Schema Framework. */
const version = "1.5.0";

/** Source: OCSF 1.5.0, class compliance_finding of category findings. */
const [categoryUid, classUid] = [2, 2003];
const create = { activity_id: 1, activity_name: "Create" };

const severityIds: Readonly<Record<Severity, number>> = { INFORMATIONAL: 1, LOW: 2, MEDIUM: 3, HIGH: 4, CRITICAL: 5 };

/** Source: OCSF 1.5.0, object compliance, status_id: Warning is a check that gave no result. */
const complianceStatuses = {
  passed: { status_id: 1, status: "Pass" },
  failed: { status_id: 3, status: "Fail" },
  notAvailable: { status_id: 2, status: "Warning" },
  notApplicable: { status_id: 2, status: "Warning" },
  excepted: { status_id: 3, status: "Fail" },
} as const;

/** OCSF 1.5.0 Compliance Finding, one event a line; `at` is when it was found, epoch milliseconds. */
export function ocsf(results: readonly Result[], at: number): string {
  return results.map((result) => `${JSON.stringify(eventOf(result, at))}\n`).join("");
}

function eventOf(result: Result, at: number) {
  const { id, rule, because, fix, status } = result;
  const severity = status === "failed" ? rule.severity : "INFORMATIONAL";
  return {
    ...create,
    category_uid: categoryUid,
    category_name: "Findings",
    class_uid: classUid,
    class_name: "Compliance Finding",
    type_uid: classUid * 100 + create.activity_id,
    type_name: `Compliance Finding: ${create.activity_name}`,
    time: at,
    severity_id: severityIds[severity],
    severity: severity.charAt(0) + severity.slice(1).toLowerCase(),
    // New, or Suppressed: somebody answers for it.
    ...(status === "excepted" ? { status_id: 3, status: "Suppressed" } : { status_id: 1, status: "New" }),
    message: because,
    metadata: {
      version,
      profiles: ["cloud"],
      product: { name: "eks-kubelet-auditor", vendor_name: "eks-kubelet-auditor", version: packageJson.version },
    },
    finding_info: { uid: id, title: rule.title, desc: rule.why, types: ["Software and Configuration Checks"] },
    compliance: complianceOf(result),
    ...(fix && { remediation: { desc: fix } }),
    ...placeOf(result),
  };
}

function complianceOf({ rule, status, because, reason, benchmark, exception }: Result) {
  return {
    ...complianceStatuses[status],
    ...(reason && { status_code: reason }),
    status_details: exception ? [because, `Excepted until ${exception.until}: ${exception.reason}`] : [because],
    control: benchmark?.number ?? rule.id,
    standards: benchmark ? [`CIS Amazon EKS Benchmark v${benchmark.version}`] : ["eks-kubelet-auditor"],
    ...(benchmark && { requirements: [requirementOf(benchmark)] }),
  };
}

function placeOf({ subject, value, from }: Result) {
  const { name, place, nodeGroup, os, kubeletVersion } = subject;
  if (!place) return {};
  const { home, cluster, arn, resourceType } = place;
  const data = { cluster, nodeGroup, os, kubeletVersion, value, from };
  return {
    cloud: { provider: "AWS", region: home.region, account: { uid: home.account, type_id: 10, type: "AWS Account" } },
    resources: [
      {
        uid: arn,
        name,
        type: resourceType,
        cloud_partition: home.partition,
        region: home.region,
        data,
      },
    ],
  };
}
