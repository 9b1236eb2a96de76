import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const [queueId] = Object.keys(template.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 600 } }));
const queueArn = { "Fn::GetAtt": [queueId, "Arn"] };

describe("the events of instances", () => {
  test("are those that begin or end an instance, and go to the queue alone", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.ec2"],
        "detail-type": ["EC2 Instance State-change Notification"],
        detail: { state: ["running", "shutting-down", "terminated"] },
      },
      Targets: [{ Arn: queueArn }],
    });
  });

  test("wait as long as the setting newNodeDelay says, five minutes by default", () => {
    template.hasResourceProperties("AWS::SQS::Queue", { DelaySeconds: 600 });
    Template.fromStack(stackWith(defaults)).hasResourceProperties("AWS::SQS::Queue", { DelaySeconds: 300 });
  });

  test("stay hidden for six times the function's timeout, and are given up after 12 deliveries", () => {
    const [lambda] = Object.values(template.findResources("AWS::Lambda::Function"));
    const queue = template.findResources("AWS::SQS::Queue")[queueId ?? ""]?.Properties;
    expect(queue.VisibilityTimeout).toBeGreaterThanOrEqual(6 * lambda?.Properties.Timeout);
    expect(queue.RedrivePolicy).toMatchObject({ maxReceiveCount: 12 });
  });

  test("reach the function 200 at once, in two invocations at most, and each can go back by itself", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      EventSourceArn: queueArn,
      BatchSize: 200,
      MaximumBatchingWindowInSeconds: 30,
      ScalingConfig: { MaximumConcurrency: 2 },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  test("are encrypted, and only the rule may send them", () => {
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

test("without the setting events there is no queue of events, no rule and no mapping, and the role may use no queue", () => {
  const without = Template.fromStack(stackWith({ ...defaults, events: false }));
  for (const type of ["AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"]) without.resourceCountIs(type, 0);
  without.resourceCountIs("AWS::SQS::Queue", 1);
  expect(JSON.stringify(without.findResources("AWS::IAM::Policy"))).not.toContain("sqs:ReceiveMessage");
  expect(JSON.stringify(without.findResources("AWS::Lambda::Function"))).not.toContain("QUEUE_URL");
});
