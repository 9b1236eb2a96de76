/** A customer's app, which test/lib/cdk-versions.aws.test.ts runs with several CDKs: prints the template of its stack. */
import { App, Duration, Stack } from "aws-cdk-lib";
import { ScheduleExpression } from "aws-cdk-lib/aws-scheduler";
import { Topic } from "aws-cdk-lib/aws-sns";
import { KubeletAuditor } from "../../lib/kubelet-auditor.ts";

const app = new App({ analyticsReporting: false });
const stack = new Stack(app, "Platform", { env: { account: "111122223333", region: "eu-central-1" } });
new KubeletAuditor(stack, "Auditor", {
  schedule: ScheduleExpression.rate(Duration.hours(6)),
  clusters: { include: ["prod-*"] },
  selfManagedClusters: ["batch"],
  hybrid: true,
  report: true,
  insights: true,
  newNodeDelay: Duration.minutes(10),
  alarmTopic: Topic.fromTopicArn(stack, "Topic", "arn:aws:sns:eu-central-1:111122223333:on-call"),
});
console.log(JSON.stringify(app.synth().getStackArtifact(stack.artifactId).template));
