import { setTimeout as sleep } from "node:timers/promises";
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from "@aws-sdk/client-cloudformation";
import { IAMClient } from "@aws-sdk/client-iam";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from "@aws-sdk/client-lambda";
import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import { GetScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { DescribeHubCommand, GetFindingsCommand } from "@aws-sdk/client-securityhub";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import * as z from "zod";
import { createClients } from "../../lambda/aws/clients.ts";
import { contentHash } from "../../lambda/collect/content-hash.ts";
import { verifyDocument } from "../../lambda/collect/ssm-document.ts";
import { collectContent } from "../../lib/collect-content.ts";
import { type Check, check, fail } from "./check.ts";
import { type Place, simulate } from "./simulation.ts";

export interface Wish {
  stack: string;
  region?: string | undefined;
  /** Also runs the function once. */
  invoke: boolean;
}

/** Milliseconds. The function may run for 15 minutes; one more minute is for its response. */
const invocationTimeout = 16 * 60_000;

/**
 * Number of requests for findings, and milliseconds between them. Security Hub shows a finding some time after its
 * import.
 */
const looks = 6;
const pause = 5_000;

const environment = z.looseObject({
  DOCUMENT_NAME: z.string(),
  DOCUMENT_SHA256: z.string(),
  LEDGER_BUCKET: z.string(),
});
const summary = z.looseObject({
  clusters: z.number(),
  nodes: z.looseObject({ total: z.number(), audited: z.number(), starting: z.number() }),
  findings: z.looseObject({ passed: z.number(), failed: z.number(), notAvailable: z.number() }),
  problems: z.array(z.string()),
});

/** Checks a deployment with the caller's credentials, step by step. Calls `report` with each result at once. */
export async function verifyDeployment(wish: Wish, report: (check: Check) => void): Promise<readonly Check[]> {
  const { ssm, s3, securityHub, sts } = createClients(wish.region);
  const settings = wish.region === undefined ? {} : { region: wish.region };
  const [cloudFormation, iam] = [new CloudFormationClient(settings), new IAMClient(settings)];
  const [lambda, scheduler] = [new LambdaClient(settings), new SchedulerClient(settings)];
  const checks: Check[] = [];
  const step = async (name: string, look: () => Promise<string>) => {
    const done = await check(name, look);
    checks.push(done);
    report(done);
    return done.state === "ok";
  };

  let place: Place = { partition: "aws", region: await ssm.config.region(), account: "", document: "", bucket: "" };
  const known = { functionName: "", functionArn: "", role: "", sha256: "" };

  const isKnown = await step("credentials", async () => {
    const { Account = "", Arn = "" } = await sts.send(new GetCallerIdentityCommand({}));
    place = { ...place, account: Account, partition: Arn.split(":")[1] ?? "aws" };
    return `${Arn}, account ${Account}, Region ${place.region}`;
  });
  if (!isKnown) return checks;

  const hasStack = await step("stack", async () => {
    const { Stacks: [stack] = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: wish.stack }));
    const outputs = Object.fromEntries((stack?.Outputs ?? []).map((each) => [each.OutputKey, each.OutputValue]));
    known.functionName = outputs.FunctionName ?? fail(`The stack ${wish.stack} has no output FunctionName.`);
    const status = stack?.StackStatus ?? "";
    if (!/^(CREATE|UPDATE)_COMPLETE$/.test(status)) fail(`The stack ${wish.stack} is ${status}. Deploy it again.`);
    return `${wish.stack} is ${status}, log group ${outputs.LogGroupName}`;
  });
  if (!hasStack) return checks;

  await step("function", async () => {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: known.functionName }));
    const { FunctionArn = "", Role = "", State, Runtime, Architectures = [] } = found;
    const variables = environment.parse(found.Environment?.Variables ?? {});
    Object.assign(known, { functionArn: FunctionArn, role: Role, sha256: variables.DOCUMENT_SHA256 });
    place = { ...place, document: variables.DOCUMENT_NAME, bucket: variables.LEDGER_BUCKET };
    if (State !== "Active") fail(`The function ${known.functionName} is ${State}. Deploy the stack again.`);
    return `${known.functionName} is Active, ${Runtime}, ${Architectures.join()}`;
  });

  await step("document", async () => {
    const { version, problem } = await verifyDocument(ssm, place.document, known.sha256);
    const own = contentHash(collectContent()) === known.sha256 ? "this" : "another";
    return `version ${version} of ${place.document} has the deployed hash and is the collector of ${own} release${problem ? `. ${problem}` : ""}`;
  });

  await step("schedule", async () => {
    const found = new Map<string, string>();
    for await (const page of paginateListStackResources({ client: cloudFormation }, { StackName: wish.stack }))
      for (const { ResourceType = "", PhysicalResourceId = "" } of page.StackResourceSummaries ?? [])
        found.set(ResourceType, PhysicalResourceId);
    const [name, group] = [found.get("AWS::Scheduler::Schedule"), found.get("AWS::Scheduler::ScheduleGroup")];
    if (name === undefined || group === undefined) fail(`The stack ${wish.stack} has no schedule. Deploy it again.`);
    const schedule = await scheduler.send(new GetScheduleCommand({ Name: name, GroupName: group }));
    if (schedule.State !== "ENABLED") fail(`The schedule ${name} is ${schedule.State}. Enable it.`);
    if (schedule.Target?.Arn !== known.functionArn)
      fail(
        `The schedule ${name} starts ${schedule.Target?.Arn} instead of ${known.functionArn}. Deploy the stack again.`,
      );
    return `${name} is ENABLED, ${schedule.ScheduleExpression} ${schedule.ScheduleExpressionTimezone ?? ""}`.trim();
  });

  await step("events", async () => {
    const { functionName: FunctionName } = known;
    const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName }));
    if (EventSourceMappings.length === 0) return "no queue invokes the function, as with the setting events: false";
    const disabled = EventSourceMappings.find(({ State }) => State !== "Enabled");
    if (disabled)
      fail(
        `The mapping of ${disabled.EventSourceArn} is ${disabled.State}. Enable it: "aws lambda update-event-source-mapping --uuid ${disabled.UUID} --enabled".`,
      );
    return `${EventSourceMappings.map(({ EventSourceArn }) => EventSourceArn).join()} invokes the function`;
  });

  await step("permissions", () => simulate(iam, known.role, place));

  await step("Security Hub CSPM", async () => {
    const { HubArn, SubscribedAt } = await securityHub.send(new DescribeHubCommand({}));
    return `${HubArn} since ${SubscribedAt}`;
  });

  let audited = 0;
  if (wish.invoke)
    await step("one run", async () => {
      const { FunctionError, Payload = new Uint8Array() } = await invokeOnce(settings, known.functionName);
      const text = Buffer.from(Payload).toString();
      if (FunctionError) fail(`The run failed: ${text}. The log group of the function has the details.`);
      const { clusters, nodes, findings, problems } = summary.parse(JSON.parse(text));
      audited = nodes.audited;
      const counts = `${findings.passed} passed, ${findings.failed} failed, ${findings.notAvailable} not available`;
      const more = problems.length > 0 ? `. Problems: ${problems.join("; ")}` : "";
      return `${clusters} clusters, ${nodes.total} nodes, ${nodes.audited} audited, ${nodes.starting} starting: ${counts}${more}`;
    });

  await step("ledger", async () => {
    const Prefix = `ledgers/${place.account}/${place.region}/`;
    const { KeyCount = 0 } = await s3.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix }));
    if (KeyCount === 0)
      fail(`There is no ledger below s3://${place.bucket}/${Prefix}: no run has published findings yet.`);
    return `${KeyCount} below s3://${place.bucket}/${Prefix}`;
  });

  await step("findings", async () => {
    for (let look = 1; look <= looks; look += 1) {
      if (look > 1) await sleep(pause);
      const { Findings = [] } = await securityHub.send(
        new GetFindingsCommand({ Filters: ourFindings(place), MaxResults: 100 }),
      );
      if (Findings.length > 0) return `Security Hub has ${Findings.length === 100 ? "100 or more" : Findings.length}`;
    }
    return fail(
      `Security Hub has no finding of the auditor${audited > 0 ? `, although ${audited} nodes were audited` : ""}.`,
    );
  });
  return checks;
}

/** Invokes the function without retries, because a second request would start a second run. */
async function invokeOnce(settings: object, FunctionName: string) {
  const requestHandler = { requestTimeout: invocationTimeout, throwOnRequestTimeout: true };
  const client = new LambdaClient({ ...settings, maxAttempts: 1, requestHandler });
  return await client.send(new InvokeCommand({ FunctionName, InvocationType: "RequestResponse", Payload: "{}" }));
}

function ourFindings({ partition, region, account }: Place) {
  const ProductArn = `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`;
  return {
    ProductArn: [{ Value: ProductArn, Comparison: "EQUALS" as const }],
    GeneratorId: [{ Value: "eks-kubelet-auditor/", Comparison: "PREFIX" as const }],
    RecordState: [{ Value: "ACTIVE", Comparison: "EQUALS" as const }],
  };
}
