import {
  type ClusterSubject,
  idOf,
  type NodeSubject,
  product,
  type Result,
  type Status,
} from "../../../lambda/domain/result.ts";
import type { Severity } from "../../../lambda/domain/rule-facts.ts";
import packageJson from "../../../package.json" with { type: "json" };
import { fixOf } from "../result.ts";
import { nodeGroupOf, requirementTexts } from "./columns.ts";
import type { Format } from "./format.ts";

/** Version of the Open Cybersecurity Schema Framework. */
const version = "1.5.0";

/** Source: OCSF 1.5.0, class compliance_finding of category findings. */
const [categoryUid, classUid] = [2, 2003];
const create = { activity_id: 1, activity_name: "Create" };

const severityIds: Readonly<Record<Severity, number>> = { INFORMATIONAL: 1, LOW: 2, MEDIUM: 3, HIGH: 4, CRITICAL: 5 };

/** Source: OCSF 1.5.0, object compliance, status_id. Warning stands for a check without a result. */
const complianceStatuses: Readonly<Record<Status, { status_id: number; status: string }>> = {
  passed: { status_id: 1, status: "Pass" },
  failed: { status_id: 3, status: "Fail" },
  notAvailable: { status_id: 2, status: "Warning" },
  notApplicable: { status_id: 2, status: "Warning" },
  excepted: { status_id: 3, status: "Fail" },
};

/** OCSF 1.5.0 Compliance Finding, one event per line. */
export const ocsf: Format = {
  forFiles: false,
  write: ({ results }) => results.map((result) => `${JSON.stringify(eventOf(result))}\n`).join(""),
};

function eventOf(result: Result) {
  const { rule, because, status } = result;
  const fix = fixOf(result);
  const severity = status === "failed" ? rule.severity : "INFORMATIONAL";
  return {
    ...create,
    category_uid: categoryUid,
    category_name: "Findings",
    class_uid: classUid,
    class_name: "Compliance Finding",
    type_uid: classUid * 100 + create.activity_id,
    type_name: `Compliance Finding: ${create.activity_name}`,
    time: result.subject.judgedAt,
    severity_id: severityIds[severity],
    severity: severity.charAt(0) + severity.slice(1).toLowerCase(),
    // An accepted failure has the status Suppressed.
    ...(status === "excepted" ? { status_id: 3, status: "Suppressed" } : { status_id: 1, status: "New" }),
    message: because,
    metadata: {
      version,
      profiles: ["cloud"],
      product: { name: product, vendor_name: product, version: packageJson.version },
    },
    finding_info: {
      uid: idOf(result),
      title: rule.title,
      desc: rule.why,
      types: ["Software and Configuration Checks"],
    },
    compliance: complianceOf(result),
    ...(fix && { remediation: { desc: fix } }),
    ...placeOf(result),
  };
}

function complianceOf(result: Result) {
  const { rule, status, because, reasons, requirements, exception } = result;
  const texts = requirementTexts(result);
  return {
    ...complianceStatuses[status],
    ...(reasons[0] && { status_code: reasons[0].code }),
    status_details: exception ? [because, `Excepted until ${exception.until}: ${exception.reason}`] : [because],
    control: requirements[0]?.number ?? rule.id,
    standards: requirements.length > 0 ? [...new Set(requirements.map(({ standard }) => standard))] : [product],
    ...(texts.length > 0 && { requirements: texts }),
  };
}

function placeOf({ subject, value, from }: Result) {
  if (subject.kind === "file") return {};
  const { place, cluster, id } = subject;
  const [arn, type] = resourceOf(subject);
  const ofNode = subject.kind === "node" && {
    nodeGroup: nodeGroupOf(subject),
    os: subject.os,
    kubeletVersion: subject.kubeletVersion,
  };
  const data = { cluster: cluster.name, ...ofNode, value, from };
  return {
    cloud: { provider: "AWS", region: place.region, account: { uid: place.account, type_id: 10, type: "AWS Account" } },
    resources: [
      {
        uid: arn,
        name: id,
        type,
        cloud_partition: place.partition,
        region: place.region,
        data,
      },
    ],
  };
}

/** ARN and type of the cluster or node of the result, with the type names of Security Hub. */
function resourceOf(subject: NodeSubject | ClusterSubject): [arn: string, type: string] {
  if (subject.kind === "cluster") return [subject.cluster.arn, "AwsEksCluster"];
  const { arn } = subject.node;
  return [arn, arn.includes(":ec2:") ? "AwsEc2Instance" : "Other"];
}
