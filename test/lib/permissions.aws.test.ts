import { Match, Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { defaults, settings } from "./example-settings.ts";
import { stackWith } from "./stack-with.ts";

const template = Template.fromStack(stackWith(settings));
const plain = Template.fromStack(stackWith(defaults));

/** An ARN with `<Ref>` and `<Resource.Attribute>` in place of the values that CloudFormation inserts. */
function text(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref, "Fn::Join": join, "Fn::GetAtt": attribute } = Object(value);
  if (Ref) return `<${Ref}>`;
  if (attribute) return `<${attribute.join(".")}>`;
  return join[1].map(text).join(join[0]);
}

/** `action on resource if condition` for each permission of the role whose logical id begins with `role`. */
function permissions(of: Template, role: string): string[] {
  const policies = Object.entries({
    ...of.findResources("AWS::IAM::Policy"),
    ...of.findResources("AWS::IAM::ManagedPolicy"),
  });
  return policies
    .filter(([id]) => id.startsWith(role))
    .flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement)
    .flatMap(({ Effect, Action, Resource, Condition = {} }) =>
      [Action].flat().map((action: string) => {
        const conditions = Object.values(Condition).flatMap((tests) => Object.entries(Object(tests)));
        const when = conditions.map(([key, value]) => ` if ${key}=${text(value)}`).join("");
        return `${Effect} ${action} on ${text(Resource)}${when}`.replace(/[A-F\d]{8}(?=[.>])/g, "");
      }),
    );
}

describe("permissions", () => {
  const arn = (service: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>`;
  const onNodes = `Allow ssm:SendCommand on ${arn("ec2")}:instance/* if ssm:resourceTag`;

  test("the function has exactly these permissions", () => {
    expect(permissions(plain, "AuditorAudit")).toEqual([
      "Allow logs:CreateLogStream on <AuditorAuditLog.Arn>",
      "Allow logs:PutLogEvents on <AuditorAuditLog.Arn>",
      "Allow eks:ListClusters on *",
      "Allow ec2:DescribeInstances on *",
      "Allow ssm:DescribeInstanceProperties on *",
      "Allow ssm:DescribeInstanceInformation on *",
      `Allow eks:DescribeCluster on ${arn("eks")}:cluster/*`,
      `Allow eks:ListNodegroups on ${arn("eks")}:cluster/*`,
      `Allow eks:ListFargateProfiles on ${arn("eks")}:cluster/*`,
      `Allow eks:DescribeNodegroup on ${arn("eks")}:nodegroup/*`,
      "Allow ssm:ListDocuments on *",
      `Allow ssm:DescribeDocument on ${arn("ssm")}:document/<AuditorCollectDocument>`,
      `Allow ssm:GetDocument on ${arn("ssm")}:document/<AuditorCollectDocument>`,
      `Allow ssm:SendCommand on ${arn("ssm")}:document/<AuditorCollectDocument>`,
      `${onNodes}/eks:cluster-name=*`,
      `${onNodes}/karpenter.sh/nodepool=*`,
      `${onNodes}/eks:eks-cluster-name=*`,
      "Allow ssm:ListCommands on *",
      "Allow ssm:ListCommandInvocations on *",
      "Allow ssm:GetCommandInvocation on *",
      `Allow securityhub:BatchImportFindings on ${arn("securityhub")}:product/<AWS::AccountId>/default if securityhub:TargetAccount=<AWS::AccountId>`,
      "Allow securityhub:GetFindings on *",
      "Allow s3:GetObject on <AuditorLedgersBucket.Arn>/ledgers/*",
      "Allow s3:PutObject on <AuditorLedgersBucket.Arn>/ledgers/*",
      "Allow s3:ListBucket on <AuditorLedgersBucket.Arn>",
      "Allow sqs:ReceiveMessage on <AuditorEventsQueue.Arn>",
      "Allow sqs:DeleteMessage on <AuditorEventsQueue.Arn>",
      "Allow sqs:GetQueueAttributes on <AuditorEventsQueue.Arn>",
      "Allow sqs:ChangeMessageVisibility on <AuditorEventsQueue.Arn>",
    ]);
  });

  test("each self-managed cluster adds a tag, hybrid adds managed instances, and report adds an object in the bucket", () => {
    const known = permissions(plain, "AuditorAudit");
    expect(permissions(template, "AuditorAudit").filter((permission) => !known.includes(permission))).toEqual([
      `${onNodes}/kubernetes.io/cluster/batch=*`,
      `${onNodes}/kubernetes.io/cluster/legacy=*`,
      `Allow ssm:SendCommand on ${arn("ssm")}:managed-instance/* if ssm:resourceTag/EKSClusterARN=${arn("eks")}:cluster/*`,
      "Allow s3:PutObject on <AuditorLedgersBucket.Arn>/reports/<AWS::AccountId>/<AWS::Region>/latest.html",
    ]);
  });

  test("100 self-managed clusters fit into IAM's policies", () => {
    const selfManagedClusters = Array.from({ length: 100 }, (_, index) => `${index}`.padStart(100, "x"));
    const many = Template.fromStack(stackWith({ ...defaults, selfManagedClusters }));
    const added = permissions(many, "AuditorAudit").filter((permission) =>
      permission.includes("kubernetes.io/cluster/"),
    );
    expect(new Set(added).size).toBe(100);
    // Source: IAM User Guide, "IAM and AWS STS quotas": managed policies attached to a role.
    expect(Object.keys(many.findResources("AWS::IAM::ManagedPolicy")).length).toBeLessThanOrEqual(10);
  });

  test("the schedule's role can start the function and send to the queue, only for its schedule group", () => {
    expect(permissions(plain, "AuditorSchedule")).toEqual([
      "Allow lambda:InvokeFunction on <AuditorAuditFunction.Arn>",
      "Allow sqs:SendMessage on <AuditorScheduleUndelivered.Arn>",
    ]);
    const [group] = Object.keys(plain.findResources("AWS::Scheduler::ScheduleGroup"));
    plain.hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: "scheduler.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceArn": { "Fn::GetAtt": [group, "Arn"] } } },
          }),
        ],
      },
    });
  });

  test("no role has a managed policy of AWS", () => {
    template.allResourcesProperties("AWS::IAM::Role", { ManagedPolicyArns: Match.absent() });
  });
});
