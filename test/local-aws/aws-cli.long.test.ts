import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { receiveMessages, sendMessage } from "../../local-aws/queues.ts";
import { startLocalAws } from "../../local-aws/server.ts";
import { cdkOutOf } from "../kit/cdk-out.ts";
import { eventsQueue } from "../kit/take-events.ts";

/** The AWS CLI shares no code with the SDK for JavaScript, so these tests check the wire format independently. */
const installed = spawnSync("aws", ["--version"]).status === 0;
const run = promisify(execFile);

describe.skipIf(!installed)("the AWS CLI", async () => {
  const aws = await startLocalAws();
  afterAll(() => aws.close());
  const own = aws.home.nodes.filter(({ instance }) => instance && !instance.operator);
  const env = { PATH: process.env.PATH, AWS_PAGER: "", ...aws.environment() };
  const cli = async (...command: string[]): Promise<unknown> => {
    const { stdout } = await run("aws", [...command, "--output", "json"], { env });
    return stdout === "" ? {} : JSON.parse(stdout);
  };

  test("prints the caller's account", async () => {
    expect(await cli("sts", "get-caller-identity")).toMatchObject({ Account: "111122223333" });
  });

  test("lists and describes clusters", async () => {
    expect(await cli("eks", "list-clusters", "--page-size", "1")).toEqual({ clusters: ["prod-apps", "batch-legacy"] });
    expect(await cli("eks", "describe-cluster", "--name", "prod-apps")).toMatchObject({ cluster: { version: "1.34" } });
  });

  test("describes instances, page by page", async () => {
    const filters = ["--filters", "Name=tag-key,Values=kubernetes.io/cluster/*"];
    const reply = await cli("ec2", "describe-instances", ...filters, "--page-size", "5");
    expect(reply).toMatchObject({ Reservations: { length: own.length } });
  });

  test("lists the nodes that are registered with SSM", async () => {
    expect(await cli("ssm", "describe-instance-information")).toMatchObject({
      InstanceInformationList: {
        length: aws.home.nodes.filter(({ agent, instance }) => agent && instance?.state !== "stopped").length,
      },
    });
  });

  test("sends a command, waits for it and reads the output", async () => {
    const steps = [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: ["echo hello"] } }];
    const content = JSON.stringify({ schemaVersion: "2.2", mainSteps: steps });
    await cli("ssm", "create-document", "--name", "Hello", "--document-type", "Command", "--content", content);
    const instance = "i-0b23c45d67e89f012";
    const sending = ["send-command", "--document-name", "Hello", "--instance-ids", instance];
    const id = await cli("ssm", ...sending, "--query", "Command.CommandId");
    const command = ["--command-id", String(id)];
    await cli("ssm", "wait", "command-executed", ...command, "--instance-id", instance);
    expect(await cli("ssm", "list-command-invocations", ...command, "--details")).toMatchObject({
      CommandInvocations: [{ Status: "Success", CommandPlugins: [{ Output: "hello\n" }] }],
    });
    expect(await cli("ssm", "get-command-invocation", ...command, "--instance-id", instance)).toMatchObject({
      StandardOutputContent: "hello\n",
    });
  });

  test("imports, updates and gets findings", async () => {
    const ProductArn = "arn:aws:securityhub:us-east-1:111122223333:product/111122223333/default";
    const now = new Date().toISOString();
    const finding = {
      SchemaVersion: "2018-10-08",
      Id: "one",
      ProductArn,
      GeneratorId: "by-hand",
      AwsAccountId: "111122223333",
      CreatedAt: now,
      UpdatedAt: now,
      Title: "By hand",
      Description: "Imported by the AWS CLI",
      FindingProviderFields: { Severity: { Label: "LOW" }, Types: ["Effects"] },
      Resources: [{ Type: "Other", Id: "one" }],
    };
    const imported = await cli("securityhub", "batch-import-findings", "--findings", JSON.stringify([finding]));
    expect(imported).toMatchObject({ SuccessCount: 1, FailedCount: 0 });
    const identifiers = ["--finding-identifiers", `Id=one,ProductArn=${ProductArn}`];
    await cli("securityhub", "batch-update-findings", ...identifiers, "--workflow", "Status=SUPPRESSED");
    expect(await cli("securityhub", "get-findings")).toMatchObject({
      Findings: [{ Id: "one", Workflow: { Status: "SUPPRESSED" }, Severity: { Normalized: 1 } }],
    });
    expect(await cli("securityhub", "describe-hub")).toMatchObject({ AutoEnableControls: true });
  });

  describe("shows a deployment", () => {
    beforeAll(async () => aws.deploy(await cdkOutOf("sample")));
    const output = async (key: string) => {
      const query = `Stacks[0].Outputs[?OutputKey=='${key}'].OutputValue | [0]`;
      return String(
        await cli("cloudformation", "describe-stacks", "--stack-name", "EksKubeletAuditor", "--query", query),
      );
    };

    test("as a stack with its resources", async () => {
      expect(await cli("cloudformation", "list-stack-resources", "--stack-name", "EksKubeletAuditor")).toMatchObject({
        StackResourceSummaries: expect.arrayContaining([
          expect.objectContaining({ ResourceType: "AWS::SSM::Document", ResourceStatus: "CREATE_COMPLETE" }),
        ]),
      });
    });

    test("as a function, and simulates the policies of its role", async () => {
      const name = await output("FunctionName");
      const found = await cli("lambda", "get-function-configuration", "--function-name", name);
      expect(found).toMatchObject({ State: "Active", Runtime: "nodejs24.x", Architectures: ["arm64"] });
      expect(await cli("lambda", "list-event-source-mappings", "--function-name", name)).toMatchObject({
        EventSourceMappings: [{ State: "Enabled", BatchSize: 200, ScalingConfig: { MaximumConcurrency: 2 } }],
      });
      const { Role } = found as { Role: string };
      const question = ["--action-names", "ssm:ListCommands", "iam:CreateUser"];
      expect(await cli("iam", "simulate-principal-policy", "--policy-source-arn", Role, ...question)).toMatchObject({
        EvaluationResults: [{ EvalDecision: "allowed" }, { EvalDecision: "implicitDeny" }],
      });
    });

    test("as a queue, and changes the visibility of a message", async () => {
      const queue = eventsQueue(aws);
      sendMessage(queue, "{}", aws.clock);
      aws.clock.advance(900_000);
      const [received = expect.fail()] = receiveMessages(queue, 10, aws.clock, aws.home.queues);
      const entries = [
        { Id: "good", ReceiptHandle: received.receiptHandle, VisibilityTimeout: 180 },
        { Id: "bad", ReceiptHandle: "unknown", VisibilityTimeout: 180 },
      ];
      const { QUEUE_URL = "" } = aws.functionEnvironment();
      // The CLI ignores AWS_ENDPOINT_URL for SQS in some Regions.
      const change = (url: string) => {
        const input = ["--queue-url", url, "--entries", JSON.stringify(entries)];
        return cli("sqs", "change-message-visibility-batch", ...input, "--endpoint-url", aws.endpoint);
      };
      const before = aws.clock.now();
      expect(await change(QUEUE_URL)).toEqual({
        Successful: [{ Id: "good" }],
        Failed: [expect.objectContaining({ Id: "bad", SenderFault: true, Code: "ReceiptHandleIsInvalid" })],
      });
      const changedAt = received.visibleAt - 180_000;
      expect([before <= changedAt, changedAt <= aws.clock.now()]).toEqual([true, true]);
      await expect(change(`${QUEUE_URL}-gone`)).rejects.toThrow("(QueueDoesNotExist)");
    });

    test("as a schedule", async () => {
      const query =
        "StackResourceSummaries[?starts_with(ResourceType, 'AWS::Scheduler::')].[ResourceType, PhysicalResourceId]";
      const found = await cli(
        "cloudformation",
        "list-stack-resources",
        "--stack-name",
        "EksKubeletAuditor",
        "--query",
        query,
      );
      const ids = new Map(found as [type: string, id: string][]);
      const [name = "", group = ""] = ["AWS::Scheduler::Schedule", "AWS::Scheduler::ScheduleGroup"].map((type) =>
        ids.get(type),
      );
      expect(await cli("scheduler", "get-schedule", "--name", name, "--group-name", group)).toMatchObject({
        State: "ENABLED",
        ScheduleExpression: "rate(1 day)",
      });
    });
  });

  test.each([
    ["EKS", ["eks", "describe-cluster", "--name", "gone"], "ResourceNotFoundException"],
    ["EC2", ["ec2", "describe-instances", "--instance-ids", "i-00000000000000000"], "InvalidInstanceID.NotFound"],
    ["SSM", ["ssm", "describe-document", "--name", "gone"], "InvalidDocument"],
    ["Security Hub", ["securityhub", "describe-hub", "--region", "eu-west-1"], "InvalidAccessException"],
  ])("reads the error code of an %s error", async (_, command, error) => {
    await expect(cli(...command)).rejects.toThrow(`(${error})`);
  });
});
