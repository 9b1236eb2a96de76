import { CfnOutput, Duration, Stack, type StackProps, Tags, TimeZone } from "aws-cdk-lib";
import { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { Topic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import { filesOfRepository } from "./deployed-files.ts";
import { KubeletAuditor } from "./kubelet-auditor.ts";
import type { Settings } from "./settings.ts";

/** The auditor in one account-Region. The template is the same for every account, Region and partition. */
export class AuditStack extends Stack {
  constructor(
    scope: Construct,
    id: string,
    { schedule, newNodeDelay, tags, alarmTopicArn, ...settings }: Settings,
    props: StackProps = {},
  ) {
    super(scope, id, { description: "Audits the kubelet of every EKS worker node", ...props });
    const auditor = new KubeletAuditor(this, "Auditor", {
      ...settings,
      newNodeDelay: Duration.minutes(newNodeDelay),
      schedule: ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timezone)),
      ...(alarmTopicArn && { alarmTopic: Topic.fromTopicArn(this, "AlarmTopic", alarmTopicArn) }),
      ...filesOfRepository,
    });
    new CfnOutput(this, "FunctionName", {
      value: auditor.function.functionName,
      description: "Invoke it to audit now",
    });
    new CfnOutput(this, "LogGroupName", {
      value: auditor.logGroup.logGroupName,
      description: "One summary line per run",
    });
    if (auditor.reportUri) new CfnOutput(this, "Report", { value: auditor.reportUri, description: "Of the last run" });
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value);
  }
}
