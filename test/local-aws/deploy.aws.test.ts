import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeDocumentCommand } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { afterAll, expect, test } from "vitest";
import { startLocalAws } from "../../local-aws/server.ts";
import { clients } from "./clients.ts";

/** Code of a function whose event selects its behaviour. */
const handler = `
console.log("loading");
export const handler = async (event, context) => {
  console.log(JSON.stringify({ message: "called" }));
  if (event.fail) throw new RangeError(event.fail);
  if (event.exit) process.exit(1);
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
  const { getRemainingTimeInMillis, ...rest } = context;
  return { event, context: rest, remaining: getRemainingTimeInMillis(), environment: process.env };
};`;

const cdkOut = mkdtempSync(join(tmpdir(), "cdk-out-"));
const write = (file: string, content: unknown) => writeFileSync(join(cdkOut, file), JSON.stringify(content));

const trust = (Service: string) => ({
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service } }],
});
const allow = (Action: string | string[], logicalId: string) => ({
  Statement: [{ Effect: "Allow", Action, Resource: { "Fn::GetAtt": [logicalId, "Arn"] } }],
});

const template = {
  Resources: {
    Role: {
      Type: "AWS::IAM::Role",
      Properties: {
        RoleName: "auditor-role",
        AssumeRolePolicyDocument: trust("lambda.amazonaws.com"),
        Policies: [{ PolicyDocument: allow(["logs:CreateLogStream", "logs:PutLogEvents"], "Log") }],
      },
    },
    SchedulerRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: trust("scheduler.amazonaws.com"),
        Policies: [{ PolicyDocument: allow("lambda:InvokeFunction", "Audit") }],
      },
    },
    Log: { Type: "AWS::Logs::LogGroup" },
    Collect: {
      Type: "AWS::SSM::Document",
      Properties: {
        DocumentType: "Command",
        Content: {
          schemaVersion: "2.2",
          mainSteps: [{ action: "aws:runShellScript", name: "collect", inputs: { runCommand: ["exit 0"] } }],
        },
      },
    },
    Audit: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: "auditor",
        Code: { S3Bucket: { "Fn::Join": ["-", ["cdk-assets", { Ref: "AWS::AccountId" }]] }, S3Key: "abc.zip" },
        Handler: "index.handler",
        Runtime: "nodejs24.x",
        Role: { "Fn::GetAtt": ["Role", "Arn"] },
        Timeout: 2,
        MemorySize: 256,
        Environment: { Variables: { DOCUMENT_NAME: { Ref: "Collect" } } },
        LoggingConfig: { LogGroup: { Ref: "Log" }, LogFormat: "JSON" },
      },
    },
    Daily: {
      Type: "AWS::Scheduler::Schedule",
      Properties: {
        Name: "daily",
        Target: {
          Arn: { "Fn::GetAtt": ["Audit", "Arn"] },
          RoleArn: { "Fn::GetAtt": ["SchedulerRole", "Arn"] },
          Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>","schedule":"<aws.scheduler.schedule-arn>"}',
        },
      },
    },
  },
};
write("manifest.json", { artifacts: { Tree: { type: "cdk:tree" }, Auditor: { type: "aws:cloudformation:stack" } } });
write("Auditor.template.json", template);
write("Auditor.assets.json", {
  files: {
    abc: { source: { path: "asset.abc", packaging: "zip" }, destinations: { here: { objectKey: "abc.zip" } } },
  },
});
mkdirSync(join(cdkOut, "asset.abc"));
writeFileSync(join(cdkOut, "asset.abc/index.mjs"), handler);

const aws = await startLocalAws();
aws.deploy(cdkOut);
afterAll(async () => {
  await aws.close();
  rmSync(cdkOut, { recursive: true });
});

test("deploy creates the template's document, and a second deployment without a change creates no version", async () => {
  const [name = ""] = aws.home.documents.keys();
  aws.deploy(cdkOut);
  const { Document } = await clients(aws).ssm.send(new DescribeDocumentCommand({ Name: name }));
  expect(Document).toMatchObject({ Name: name, DocumentVersion: "1", LatestVersion: "1", DefaultVersion: "1" });
});

test("the function gets its event, a context, and only the variables of the template and of Lambda", async () => {
  const { result, log, initMilliseconds, runMilliseconds } = await aws.invoke({ hello: "world" });
  const [DOCUMENT_NAME] = aws.home.documents.keys();
  expect(result).toMatchObject({
    event: { hello: "world" },
    context: {
      functionName: "auditor",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:111122223333:function:auditor",
      memoryLimitInMB: "256",
    },
    environment: { DOCUMENT_NAME, AWS_REGION: "us-east-1", AWS_LAMBDA_LOG_FORMAT: "JSON", TZ: ":UTC" },
  });
  expect(result).not.toHaveProperty("environment.HOME");
  expect(log).toEqual(["loading", '{"message":"called"}']);
  expect(initMilliseconds).toBeGreaterThan(0);
  expect(runMilliseconds).toBeGreaterThan(0);
});

test("the function's timeout is that of the template", async () => {
  const { result } = await aws.invoke({});
  const remaining: unknown = Reflect.get(Object(result), "remaining");
  expect(remaining).toBeGreaterThan(1000);
  expect(remaining).toBeLessThanOrEqual(2000);
});

test("the function calls AWS with the credentials of its role", async () => {
  const { result } = await aws.invoke({});
  const environment: unknown = Reflect.get(Object(result), "environment");
  const { sts } = clients(aws, { accessKeyId: String(Reflect.get(Object(environment), "AWS_ACCESS_KEY_ID")) });
  const { Arn } = await sts.send(new GetCallerIdentityCommand());
  expect(Arn).toBe("arn:aws:sts::111122223333:assumed-role/auditor-role/auditor");
});

test("the schedule replaces the context attributes in its input", async () => {
  const { result } = await aws.fireSchedule();
  expect(result).toMatchObject({
    event: {
      scheduledTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      schedule: "arn:aws:scheduler:us-east-1:111122223333:schedule/default/daily",
    },
  });
});

test.each([
  ["that throws", { fail: "too big" }, { errorType: "RangeError", errorMessage: "too big" }],
  ["that ends its process", { exit: true }, { errorType: "Runtime.ExitError" }],
  [
    "that takes too long",
    { hang: true },
    { errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("timed out after 2.00 seconds") },
  ],
])("a function %s ends with an error", async (_, event, error) => {
  const invoked = await aws.invoke(event);
  expect(invoked.error).toMatchObject(error);
  expect(invoked.result).toBeUndefined();
  expect(invoked.log).toContain('{"message":"called"}');
});

test.each([
  ["a topic in another Region", "arn:aws:sns:eu-central-1:111122223333:on-call", "Only us-east-1 is supported."],
  ["a topic in another partition", "arn:aws-cn:sns:us-east-1:111122223333:on-call", "Invalid arn syntax"],
  ["a FIFO topic", "arn:aws:sns:us-east-1:111122223333:on-call.fifo", "Invalid arn syntax"],
])("an alarm that notifies %s is rejected", (_, topic, message) => {
  const Alarm = { Type: "AWS::CloudWatch::Alarm", Properties: { AlarmActions: [topic] } };
  write("Auditor.template.json", { Resources: { ...template.Resources, Alarm } });
  expect(() => aws.deploy(cdkOut)).toThrow(message);
  write("Auditor.template.json", template);
});

test.each([
  [1, "Queue visibility timeout: 1 seconds is less than Function timeout: 2 seconds"],
  [2, undefined],
])("an event source mapping to a queue that hides messages for %d of the function's 2 seconds", (seconds, message) => {
  const Queue = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: seconds } };
  const Mapping = {
    Type: "AWS::Lambda::EventSourceMapping",
    Properties: {
      EventSourceArn: { "Fn::GetAtt": ["Queue", "Arn"] },
      FunctionName: { Ref: "Audit" },
      ScalingConfig: { MaximumConcurrency: 2 },
    },
  };
  write("Auditor.template.json", { Resources: { ...template.Resources, Queue, Mapping } });
  const deploying = () => aws.deploy(cdkOut);
  if (message === undefined) expect(deploying).not.toThrow();
  else expect(deploying).toThrow(message);
  write("Auditor.template.json", template);
});

test("invoke throws if nothing is deployed", async () => {
  const empty = await startLocalAws();
  expect(() => empty.invoke({})).toThrow("Nothing is deployed");
  await empty.close();
});
