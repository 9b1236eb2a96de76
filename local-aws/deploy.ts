import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AccountRegion, Role, World } from "./holdings.ts";
import { readBucketPolicy, readRole, requireRule } from "./iam.ts";
import { type Insight, insightModel } from "./insights.ts";
import { TemplateError } from "./intrinsics.ts";
import { queueArn } from "./sqs.ts";
import { deployDocument, tag } from "./ssm-documents.ts";
import { type Resource, resolveTemplate } from "./template.ts";

/** The parts of a deployed stack that a test can run or evaluate. */
export interface Application {
  lambda: LambdaFunction;
  eventSources: readonly EventSource[];
  schedule: Schedule;
  insights: readonly Insight[];
}

export interface Schedule {
  arn: string;
  input: string;
  role: Role;
  /** Attempts after the first one. */
  retries: number;
  /** ARN of the dead-letter queue. */
  deadLetters?: string;
}

/** An event source mapping: Lambda invokes the function with messages of the queue. */
export interface EventSource {
  lambda: LambdaFunction;
  queueArn: string;
  batchSize: number;
  maxConcurrency: number;
  reportsFailures: boolean;
}

export interface LambdaFunction {
  name: string;
  arn: string;
  /** Directory of the code. */
  code: string;
  /** "file.export". */
  handler: string;
  timeoutSeconds: number;
  memoryMiB: number;
  architecture: string;
  environment: Record<string, string>;
  logGroup: string;
  logFormat: string;
  role: Role;
  /** Access key of the execution role's session. */
  accessKeyId: string;
}

const manifestModel = z.object({
  artifacts: z.record(
    z.string(),
    z.object({ type: z.string(), properties: z.looseObject({ templateFile: z.string().optional() }).optional() }),
  ),
});

const assetsModel = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

const documentModel = z.object({
  DocumentType: z.literal("Command"),
  Content: z.record(z.string(), z.unknown()),
  Tags: z.array(tag).default([]),
});

const functionModel = z.object({
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string(),
  Runtime: z.literal("nodejs24.x"),
  Role: z.string(),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Architectures: z.array(z.string()).min(1).default(["x86_64"]),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
  LoggingConfig: z.object({ LogGroup: z.string().optional(), LogFormat: z.string().default("Text") }).optional(),
});

const bucketPolicyModel = z.object({ Bucket: z.string(), PolicyDocument: z.unknown() });

/** Source: Amazon SQS API Reference, CreateQueue. */
const queueModel = z.object({
  DelaySeconds: z.number().int().min(0).max(900).default(0),
  VisibilityTimeout: z.number().int().min(0).max(43_200).default(30),
  MessageRetentionPeriod: z.number().int().min(60).max(1_209_600).default(345_600),
  RedrivePolicy: z.object({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number().int().min(1) }).optional(),
});

const bucketModel = z.object({ VersioningConfiguration: z.object({ Status: z.string() }).optional() });

const scheduleModel = z.object({
  GroupName: z.string().default("default"),
  Target: z.object({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().default("{}"),
    RetryPolicy: z.object({ MaximumRetryAttempts: z.number() }).default({ MaximumRetryAttempts: 185 }),
    DeadLetterConfig: z.object({ Arn: z.string() }).optional(),
  }),
});

/**
 * Deploys a CDK output directory: SSM documents, buckets, the function, its schedule and insights. The intrinsic
 * functions of all other resources, such as alarms, are resolved, but these resources are not created.
 */
export function deploy(cdkOut: string, at: AccountRegion, world: World): Application {
  const assembly = readAssembly(cdkOut, at);
  createStores(assembly.resources, at, world);
  const functions = createFunctions(assembly, at, world);
  const [lambda] = functions;
  if (!lambda || functions.length > 1) throw new TemplateError(`expected one function, found ${functions.length}`);
  at.stacks.set(assembly.name, assembly);
  const insights = ofType(assembly.resources, "AWS::SecurityHub::Insight").map(({ properties }) =>
    insightModel.parse(properties),
  );
  createRules(assembly.resources, at);
  const eventSources = readEventSources(assembly.resources, functions, at);
  return { lambda, eventSources, schedule: readSchedule(assembly.resources, lambda.arn, at), insights };
}

/** Content of a CDK output directory, resolved for one account and Region. */
export interface Assembly {
  /** Name of the first stack. */
  name: string;
  resources: readonly Resource[];
  assets: readonly Asset[];
  /** Outputs of all stacks, by name. */
  outputs: Readonly<Record<string, string>>;
}

export function readAssembly(cdkOut: string, at: AccountRegion): Assembly {
  const manifest = manifestModel.parse(readJson(join(cdkOut, "manifest.json")));
  const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === "aws:cloudformation:stack");
  const resolved = stacks.map(([stack, { properties }]) =>
    resolveTemplate(readJson(join(cdkOut, properties?.templateFile ?? `${stack}.template.json`)), stack, at),
  );
  return {
    name: stacks[0]?.[0] ?? "",
    resources: resolved.flatMap(({ resources }) => resources),
    assets: stacks.flatMap(([stack]) => readAssets(cdkOut, stack)),
    outputs: Object.assign({}, ...resolved.map(({ outputs }) => outputs)),
  };
}

const alarmModel = z.object({
  AlarmActions: z.array(z.string()).default([]),
  OKActions: z.array(z.string()).default([]),
  InsufficientDataActions: z.array(z.string()).default([]),
});

/**
 * Throws if an alarm has an action that CloudWatch rejects: a topic in another Region or partition, or a FIFO topic.
 * Source: Amazon CloudWatch API Reference, PutMetricAlarm.
 */
function requireAlarmActions(resources: readonly Resource[], at: AccountRegion): void {
  for (const { properties } of ofType(resources, "AWS::CloudWatch::Alarm")) {
    for (const arn of Object.values(alarmModel.parse(properties)).flat()) {
      const [, partition, , region] = arn.split(":");
      if (region !== at.region)
        throw new TemplateError(`Invalid region ${region} specified. Only ${at.region} is supported.`);
      if (partition !== at.partition || arn.endsWith(".fifo"))
        throw new TemplateError(`Invalid arn syntax or unsupported action: ${arn}`);
    }
  }
}

/** Creates the SSM documents, the queues, the buckets and the bucket policies. */
export function createStores(resources: readonly Resource[], at: AccountRegion, world: World): void {
  requireAlarmActions(resources, at);
  for (const { name, properties } of ofType(resources, "AWS::SSM::Document")) {
    const { Content, Tags } = documentModel.parse(properties);
    deployDocument({ at, world }, name, JSON.stringify(Content), Tags);
  }
  for (const { name, properties } of ofType(resources, "AWS::S3::Bucket")) {
    const { VersioningConfiguration } = bucketModel.parse(properties);
    const versioned = VersioningConfiguration?.Status === "Enabled";
    if (!at.buckets.has(name)) at.buckets.set(name, { versioned, objects: new Map() });
  }
  for (const { name, properties } of ofType(resources, "AWS::SQS::Queue")) {
    const arn = `arn:${at.partition}:sqs:${at.region}:${at.account}:${name}`;
    const { DelaySeconds, VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = queueModel.parse(properties);
    const times = {
      delaySeconds: DelaySeconds,
      visibilitySeconds: VisibilityTimeout,
      retentionSeconds: MessageRetentionPeriod,
    };
    at.queues.set(arn, { ...times, redrive: RedrivePolicy, messages: at.queues.get(arn)?.messages ?? [] });
  }
  for (const { properties } of ofType(resources, "AWS::S3::BucketPolicy")) {
    const { Bucket, PolicyDocument } = bucketPolicyModel.parse(properties);
    const bucket = at.buckets.get(Bucket);
    if (!bucket) throw new TemplateError(`a bucket policy names the bucket ${Bucket}, which is not in the template`);
    bucket.denials = readBucketPolicy(PolicyDocument);
  }
}

const rulesModel = z.object({
  EventPattern: z.record(z.string(), z.unknown()),
  EventBusName: z.string().optional(),
  State: z.literal("ENABLED").default("ENABLED"),
  Targets: z.array(z.object({ Arn: z.string(), RoleArn: z.string().optional() })),
});

const queuePolicyModel = z.object({ Queues: z.array(z.string()), PolicyDocument: z.unknown() });

const busPolicyModel = z.object({
  EventBusName: z.string(),
  Statement: z.object({
    Effect: z.literal("Allow"),
    Action: z.literal("events:PutEvents"),
    Condition: z.object({ StringEquals: z.object({ "aws:PrincipalOrgID": z.string() }) }),
  }),
});

/** Creates the event buses that accept events from an organization. */
export function createBuses(resources: readonly Resource[], at: AccountRegion): void {
  for (const { properties } of ofType(resources, "AWS::Events::EventBusPolicy")) {
    const { EventBusName, Statement } = busPolicyModel.parse(properties);
    const arn = `arn:${at.partition}:events:${at.region}:${at.account}:event-bus/${EventBusName}`;
    at.buses.set(arn, Statement.Condition.StringEquals["aws:PrincipalOrgID"]);
  }
}

/** Creates the EventBridge rules. Throws if the policy of a target queue does not allow its rule to send. */
export function createRules(resources: readonly Resource[], at: AccountRegion): void {
  for (const { name, properties } of ofType(resources, "AWS::Events::Rule")) {
    const { EventPattern, EventBusName, Targets } = rulesModel.parse(properties);
    const bus = EventBusName?.split("/").at(-1);
    const events = `arn:${at.partition}:events:${at.region}:${at.account}`;
    const rule = `${events}:rule/${bus === undefined ? "" : `${bus}/`}${name}`;
    for (const { Arn } of Targets.filter(({ Arn: target }) => at.queues.has(target))) {
      const policy = ofType(resources, "AWS::SQS::QueuePolicy")
        .map((each) => queuePolicyModel.parse(each.properties))
        .find(({ Queues }) => Queues.some((url) => queueArn(at, url) === Arn));
      requireRule(policy?.PolicyDocument ?? { Statement: [] }, rule);
    }
    const role = Targets.find(({ RoleArn }) => RoleArn !== undefined)?.RoleArn;
    at.rules.push({
      pattern: EventPattern,
      ...(bus !== undefined && { bus: `${events}:event-bus/${bus}` }),
      ...(role !== undefined && { role }),
      targets: Targets.map(({ Arn }) => Arn),
      matched: [],
    });
  }
}

/**
 * Maximum number of messages in a batch without a batching window. Source: AWS Lambda Developer Guide, "Creating an SQS
 * event source mapping".
 */
const batchWithoutWindow = 10;

const mappingModel = z
  .object({
    EventSourceArn: z.string(),
    FunctionName: z.string(),
    BatchSize: z.number().int().min(1).max(10_000).default(10),
    MaximumBatchingWindowInSeconds: z.number().int().min(0).max(300).default(0),
    ScalingConfig: z.object({ MaximumConcurrency: z.number().int().min(2).max(1_000) }),
    FunctionResponseTypes: z.array(z.literal("ReportBatchItemFailures")).default([]),
  })
  .refine(
    ({ BatchSize, MaximumBatchingWindowInSeconds }) =>
      BatchSize <= batchWithoutWindow || MaximumBatchingWindowInSeconds > 0,
    "a batch of more than 10 messages needs a batching window",
  );

/**
 * Reads the event source mappings. Like Lambda, rejects a queue whose visibility timeout is shorter than the function's
 * timeout.
 * Source: AWS Lambda Developer Guide, "Creating an SQS event source mapping".
 */
export function readEventSources(
  resources: readonly Resource[],
  functions: readonly LambdaFunction[],
  at: AccountRegion,
): EventSource[] {
  return ofType(resources, "AWS::Lambda::EventSourceMapping").map(({ properties }) => {
    const { EventSourceArn, FunctionName, BatchSize, ScalingConfig, FunctionResponseTypes } =
      mappingModel.parse(properties);
    const lambda = functions.find(({ name }) => name === FunctionName);
    const queue = at.queues.get(EventSourceArn);
    if (!lambda || !queue)
      throw new TemplateError(`the function ${FunctionName} or the queue ${EventSourceArn} is missing`);
    if (queue.visibilitySeconds < lambda.timeoutSeconds)
      throw new TemplateError(
        `Queue visibility timeout: ${queue.visibilitySeconds} seconds is less than Function timeout: ${lambda.timeoutSeconds} seconds`,
      );
    const reportsFailures = FunctionResponseTypes.includes("ReportBatchItemFailures");
    const { MaximumConcurrency: maxConcurrency } = ScalingConfig;
    return { lambda, queueArn: EventSourceArn, batchSize: BatchSize, maxConcurrency, reportsFailures };
  });
}

/** Reads the only schedule. Throws if its target is not the ARN `target`. */
export function readSchedule(resources: readonly Resource[], target: string, at: AccountRegion): Schedule {
  const { name, properties } = one(resources, "AWS::Scheduler::Schedule");
  const { GroupName, Target } = scheduleModel.parse(properties);
  if (Target.Arn !== target) throw new TemplateError(`the schedule's target is ${Target.Arn}, expected ${target}`);
  const scheduler = `arn:${at.partition}:scheduler:${at.region}:${at.account}`;
  return {
    arn: `${scheduler}:schedule/${GroupName}/${name}`,
    input: Target.Input,
    // aws:SourceArn is the schedule group, not the schedule. Source: EventBridge Scheduler User Guide, "Confused deputy
    // prevention".
    role: readRole(resources, Target.RoleArn, "scheduler.amazonaws.com", `${scheduler}:schedule-group/${GroupName}`),
    retries: Target.RetryPolicy.MaximumRetryAttempts,
    ...(Target.DeadLetterConfig && { deadLetters: Target.DeadLetterConfig.Arn }),
  };
}

export const ofType = (resources: readonly Resource[], type: string) => resources.filter((each) => each.type === type);

export function one(resources: readonly Resource[], type: string): Resource {
  const [resource, ...others] = ofType(resources, type);
  if (!resource || others.length > 0)
    throw new TemplateError(`expected one ${type}, found ${others.length + (resource ? 1 : 0)}`);
  return resource;
}

interface Asset {
  objectKey: string;
  /** Path of a file or directory. */
  path: string;
}

function readAssets(cdkOut: string, stack: string): Asset[] {
  const { files } = assetsModel.parse(readJson(join(cdkOut, `${stack}.assets.json`)));
  return Object.values(files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }) => ({ objectKey, path: join(cdkOut, source.path) })),
  );
}

/** Creates every function of the template and registers an access key for its role. */
export function createFunctions(assembly: Assembly, at: AccountRegion, world: World): LambdaFunction[] {
  return ofType(assembly.resources, "AWS::Lambda::Function").map((resource, index) =>
    createFunction(resource, `ASIALOCALAWS0000000${index + 1}`, assembly, at, world),
  );
}

function createFunction(
  { name, properties }: Resource,
  accessKeyId: string,
  { resources, assets }: Assembly,
  at: AccountRegion,
  world: World,
): LambdaFunction {
  const model = functionModel.parse(properties);
  const asset = assets.find(({ objectKey }) => objectKey === model.Code.S3Key);
  if (!asset) throw new TemplateError(`no asset has the key ${model.Code.S3Key}`);
  const role = readRole(resources, model.Role, "lambda.amazonaws.com");
  world.functionRoles.set(model.Role, role);
  world.callers.set(accessKeyId, {
    account: at.account,
    arn: `arn:${at.partition}:sts::${at.account}:assumed-role/${role.name}/${name}`,
    userId: `AROALOCALAWS00000001:${name}`,
    role,
  });
  return {
    name,
    arn: `arn:${at.partition}:lambda:${at.region}:${at.account}:function:${name}`,
    code: asset.path,
    handler: model.Handler,
    timeoutSeconds: model.Timeout,
    memoryMiB: model.MemorySize,
    architecture: model.Architectures[0] ?? "",
    environment: model.Environment.Variables,
    logGroup: model.LoggingConfig?.LogGroup ?? `/aws/lambda/${name}`,
    logFormat: model.LoggingConfig?.LogFormat ?? "Text",
    role,
    accessKeyId,
  };
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
