import { CfnOutput, Stack, type StackProps, Tags } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { AuditFunction } from "./audit-function.ts";
import { AuditSchedule } from "./audit-schedule.ts";
import { CollectDocument } from "./collect-document.ts";
import { LedgerBucket } from "./ledger-bucket.ts";
import type { Settings } from "./settings.ts";

/** The auditor in one account and Region; the same template for every account, Region and partition. */
export class AuditStack extends Stack {
  constructor(scope: Construct, id: string, settings: Settings, props: StackProps = {}) {
    super(scope, id, { description: "Audits the kubelet of every EKS worker node", ...props });
    const document = new CollectDocument(this, "Collect");
    const ledgers = new LedgerBucket(this, "Ledgers");
    const audit = new AuditFunction(this, "Audit", { document, ledgers }, settings);
    new AuditSchedule(this, "Schedule", audit.arn, settings.schedule);
    new CfnOutput(this, "FunctionName", { value: audit.name, description: "Invoke it to audit now" });
    new CfnOutput(this, "LogGroupName", { value: audit.logGroupName, description: "One summary line per run" });
    for (const [key, value] of Object.entries(settings.tags)) Tags.of(this).add(key, value);
  }
}
