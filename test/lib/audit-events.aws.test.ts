import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const [queueId] = Object.keys(template.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 600 } }));
const queueArn = { "Fn::GetAtt": [queueId, "Arn"] };

describe("the events of instances", () => {
  test("are those of instances that start or end, and their only target is the queue", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        detail: { state: ["running", "shutting-down", "terminated"] },
      },
      Targets: [{ Arn: queueArn }],
    });
  });

  test("are delayed by the setting newNodeDelay, by default five minutes", () => {
    template.hasResourceProperties("AWS::SQS::Queue", { DelaySeconds: 600 });
    Template.fromStack(stackWith(defaults)).hasResourceProperties("AWS::SQS::Queue", { DelaySeconds: 300 });
  });

  test("have a visibility timeout of six function timeouts, and go to the dead-letter queue after 12 deliveries", () => {
    const [lambda] = Object.values(template.findResources("AWS::Lambda::Function"));
    const queue = template.findResources("AWS::SQS::Queue")[queueId ?? ""]?.Properties;
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * lambda?.Properties.Timeout);
    expect(queue.RedrivePolicy).toMatchObject({ maxReceiveCount: 12 });
  });

  test("reach the function in batches of 200, in at most two concurrent invocations, and can fail individually", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: queueArn,
      BatchSize: 200,
      MaximumBatchingWindowInSeconds: 30,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  test("are encrypted, and only the rule can send them", () => {
    const [rule] = Object.keys(template.findResources("AWS::Events::Rule"));
    template.hasResourceProperties("AWS::SQS::Queue", { DelaySeconds: 600, SqsManagedSseEnabled: true });
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
          Match.objectLike({
            Effect: "Allow",
            Action: "sqs:SendMessage",
            Principal: { Service: "events.amazonaws.com" },
            Condition: { ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": [rule, "Arn"] } } },
          }),
        ],
      },
    });
  });
});

test("if the setting events is false, the stack has no queue of events, no rule, no mapping and no permission for queues", () => {
  const without = Template.fromStack(stackWith({ ...defaults, events: false }));
  for (const type of ["AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"]) without.resourceCountIs(type, 0);
  without.resourceCountIs("AWS::SQS::Queue", 1);
  expect(JSON.stringify(without.findResources("AWS::IAM::Policy"))).not.toContain("sqs:ReceiveMessage");
  expect(JSON.stringify(without.findResources("AWS::Lambda::Function"))).not.toContain("QUEUE_URL");
});
