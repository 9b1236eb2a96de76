import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { DeleteClusterCommand, ListClustersCommand } from "@aws-sdk/client-eks";
import { DescribeHubCommand, EnableSecurityHubCommand } from "@aws-sdk/client-securityhub";
import { DescribeInstanceInformationCommand, GetParameterCommand } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, GetSessionTokenCommand } from "@aws-sdk/client-sts";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startLocalAws } from "../../local-aws/server.ts";
import { clients, refusal } from "./clients.ts";

const aws = await startLocalAws();
afterAll(() => aws.close());
const { ec2, eks, hub, ssm, sts } = clients(aws);

beforeEach(() => {
  aws.faults.length = 0;
  aws.resetCalls();
});

test("the access key identifies the caller", async () => {
  const { Account, Arn } = await sts.send(new GetCallerIdentityCommand());
  expect({ Account, Arn }).toEqual({ Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/admin" });
});

test("another Region of the account is empty and has no Security Hub", async () => {
  const frankfurt = clients(aws, { region: "eu-central-1" });
  expect((await frankfurt.eks.send(new ListClustersCommand())).clusters).toEqual([]);
  expect(await refusal(frankfurt.hub.send(new DescribeHubCommand()))).toContain("InvalidAccessException 401");
});

const stranger = clients(aws, { accessKeyId: "AKIANOBODYKNOWSTHIS0" });
test.each([
  ["ec2", () => stranger.ec2.send(new DescribeInstancesCommand()), "AuthFailure 401"],
  ["eks", () => stranger.eks.send(new ListClustersCommand()), "UnrecognizedClientException 403"],
  ["securityhub", () => stranger.hub.send(new DescribeHubCommand()), "UnrecognizedClientException 403"],
  ["ssm", () => stranger.ssm.send(new DescribeInstanceInformationCommand()), "UnrecognizedClientException 400"],
  ["sts", () => stranger.sts.send(new GetCallerIdentityCommand()), "InvalidClientTokenId 403"],
])("%s rejects an unknown access key with its own error", async (_, call, error) => {
  expect(await refusal(call())).toContain(error);
});

test.each([
  ["eks", () => eks.send(new DeleteClusterCommand({ name: "prod-apps" })), "has no operation eks:DELETE"],
  ["securityhub", () => hub.send(new EnableSecurityHubCommand()), "has no operation securityhub:POST /accounts"],
  ["ssm", () => ssm.send(new GetParameterCommand({ Name: "x" })), "has no operation ssm:GetParameter"],
  ["sts", () => sts.send(new GetSessionTokenCommand()), "has no operation sts:GetSessionToken"],
])("the error of %s names an unsupported operation", async (_, call, error) => {
  expect(await refusal(call())).toContain(error);
});

test.each([
  ["EKS", "/clusters", {}, "", '"code":"MissingAuthenticationTokenException"'],
  ["SSM", "/", { "x-amz-target": "AmazonSSM.ListCommands" }, "{}", '"__type":"MissingAuthenticationTokenException"'],
  ["EC2", "/", {}, "Action=DescribeInstances&Version=2016-11-15", "<Code>MissingAuthenticationTokenException</Code>"],
  ["STS", "/", {}, "Action=GetCallerIdentity&Version=2011-06-15", "<ErrorResponse xmlns="],
])("%s rejects an unsigned request", async (_, path, headers, body, error) => {
  const response = await fetch(aws.endpoint + path, { method: body ? "POST" : "GET", headers, ...(body && { body }) });
  expect(response.status).toBe(403);
  expect((await response.text()).toLowerCase()).toContain(error.toLowerCase());
});

test("the error names an unsupported service", async () => {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIALOCALAWS00000001/20261124/us-east-1/dynamodb/aws4_request, Signature=0";
  const response = await fetch(aws.endpoint, { headers: { authorization } });
  expect(await response.text()).toContain("has no service dynamodb; it has cloudformation, ec2, eks, ");
});

test.each([
  ["ec2", () => ec2.send(new DescribeInstancesCommand()), "ec2:DescribeInstances", "RequestLimitExceeded 503"],
  ["eks", () => eks.send(new ListClustersCommand()), "eks:ListClusters", "ThrottlingException 429"],
  ["securityhub", () => hub.send(new DescribeHubCommand()), "securityhub:DescribeHub", "LimitExceededException 429"],
  ["ssm", () => ssm.send(new DescribeInstanceInformationCommand()), "*", "ThrottlingException 400"],
  ["sts", () => sts.send(new GetCallerIdentityCommand()), "sts:GetCallerIdentity", "Throttling 400"],
])("%s throttles with its own error", async (_, call, operation, error) => {
  aws.faults.push({ operation, error: "throttled" });
  expect(await refusal(call())).toContain(error);
  expect(await refusal(call())).toBe("no refusal");
});

test("the SDK's retries succeed, and each request is counted", async () => {
  aws.faults.push({ operation: "eks:ListClusters", error: "throttled", times: 2 });
  await clients(aws, { maxAttempts: 3 }).eks.send(new ListClustersCommand());
  expect(aws.calls()).toEqual({ "eks:ListClusters": 3 });
});

test("a fault starts after `after` calls and affects `times` calls", async () => {
  aws.faults.push({
    operation: "eks:ListClusters",
    after: 1,
    times: 2,
    error: { code: "ServerException", status: 500 },
  });
  const outcomes = [];
  for (let call = 0; call < 4; call += 1) outcomes.push(await refusal(eks.send(new ListClustersCommand())));
  expect(outcomes).toEqual(["no refusal", ...Array(2).fill("ServerException 500: ServerException"), "no refusal"]);
});

test("a dropped connection ends without a reply", async () => {
  aws.faults.push({ operation: "sts:GetCallerIdentity", dropConnection: "before" });
  expect(await refusal(sts.send(new GetCallerIdentityCommand()))).toMatch(/socket hang up|ECONNRESET/);
});

test("latency delays the reply", async () => {
  aws.faults.push({ operation: "sts:GetCallerIdentity", latency: 80 });
  const start = performance.now();
  await sts.send(new GetCallerIdentityCommand());
  expect(performance.now() - start).toBeGreaterThanOrEqual(79);
});

test("a fault can change the state just before the operation runs", async () => {
  const meanwhile = () => void aws.home.clusters.pop();
  aws.faults.push({ operation: "eks:ListClusters", meanwhile });
  expect((await eks.send(new ListClustersCommand())).clusters).toEqual(["prod-apps"]);
});
