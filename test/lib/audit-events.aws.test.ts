import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { fleetStackWith, stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const [queueId] = Object.keys(template.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 600 } }));
const queueArn = { "Fn::GetAtt": [queueId, "Arn"] };

describe("the events of instances", () => {
  test("are sent when an instance of the account-Region starts or ends, and only the queue receives them", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        account: [{ Ref: "AWS::AccountId" }],
        region: [{ Ref: "AWS::Region" }],
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

  test("return soon after an invocation that Lambda ended, and go to the dead-letter queue after 12 deliveries", () => {
    const [lambda] = Object.values(template.findResources("AWS::Lambda::Function"));
    const queue = template.findResources("AWS::SQS::Queue")[queueId ?? ""]?.Properties;
    // An invocation begins up to 30 seconds after its messages were received.
    expect(queue.VisibilityTimeout).toBe(lambda?.Properties.Timeout + 30);
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

describe("the hub of organization mode", () => {
  const hub = Template.fromStack(fleetStackWith());
  const ruleOf = (stack: Template) => Object.values(stack.findResources("AWS::Events::Rule"))[0]?.Properties;
  const accounts = (count: number) => Array.from({ length: count }, (_, index) => String(111_122_223_333 + index));
  const withAccounts = (count: number) =>
    Template.fromStack(fleetStackWith({ members: { accounts: accounts(count) } }));

  test("accepts only events of the audited Regions, from its own event bus", () => {
    const [bus] = Object.keys(hub.findResources("AWS::Events::EventBus"));
    expect(ruleOf(hub)).toMatchObject({
      EventBusName: { Ref: bus },
      EventPattern: { source: ["aws.ec2"], region: ["eu-central-1", "us-east-1"] },
    });
    expect(ruleOf(hub).EventPattern).not.toHaveProperty("account");
  });

  test("processes events in at most five concurrent invocations, because members have separate rates", () => {
    hub.hasResourceProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: { MaximumConcurrency: 5 } });
  });

  test("has no queue, bus, rule, mapping, output and permission for events if the setting events is false", () => {
    const without = Template.fromStack(fleetStackWith({}, {}, { events: false }));
    for (const type of ["AWS::Events::Rule", "AWS::Events::EventBus", "AWS::Lambda::EventSourceMapping"])
      without.resourceCountIs(type, 0);
    without.resourceCountIs("AWS::SQS::Queue", 1);
    expect(JSON.stringify(without.toJSON())).not.toMatch(
      /EventBus|sqs:ReceiveMessage|QUEUE_URL|EventsGivenUp|EventsWaiting/,
    );
  });

  test("accepts only events of the listed accounts", () => {
    expect(ruleOf(withAccounts(2)).EventPattern.account).toEqual(accounts(2));
  });

  test("accepts events of all accounts if the list does not fit into an event pattern of 2,048 characters", () => {
    const [few, many] = [100, 200].map((count) => ruleOf(withAccounts(count)).EventPattern);
    expect([JSON.stringify(few).length <= 2_048, JSON.stringify(many).length <= 2_048]).toEqual([true, true]);
    expect(few.account).toHaveLength(100);
    expect(many).not.toHaveProperty("account");
  });

  test("has a bus to which only accounts of the organization can send events", () => {
    const [bus] = Object.keys(hub.findResources("AWS::Events::EventBus"));
    hub.resourceCountIs("AWS::Events::EventBusPolicy", 1);
    hub.hasResourceProperties("AWS::Events::EventBusPolicy", {
      EventBusName: { Ref: bus },
      Statement: {
        Effect: "Allow",
        Action: "events:PutEvents",
        Resource: { "Fn::GetAtt": [bus, "Arn"] },
        Condition: { StringEquals: { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } },
      },
    });
  });

  test("has a queue to which only its rule can send, and only with TLS", () => {
    const [rule] = Object.keys(hub.findResources("AWS::Events::Rule"));
    const [queue] = Object.keys(hub.findResources("AWS::SQS::Queue", { Properties: { DelaySeconds: 600 } }));
    const [policy, ...others] = Object.values(hub.findResources("AWS::SQS::QueuePolicy")).filter(
      ({ Properties }) => Properties.Queues[0].Ref === queue,
    );
    expect(others).toEqual([]);
    const statements = policy?.Properties.PolicyDocument.Statement;
    expect(statements.map(({ Effect, Action }: Record<string, unknown>) => [Effect, Action])).toEqual([
      ["Deny", "sqs:*"],
      ["Allow", "sqs:SendMessage"],
    ]);
    expect(statements[1]).toMatchObject({
      Principal: { Service: "events.amazonaws.com" },
      Condition: { ArnEquals: { "aws:SourceArn": { "Fn::GetAtt": [rule, "Arn"] } } },
    });
  });
});
