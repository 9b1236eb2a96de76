import type { Finding } from "./asff.ts";
import type { Clock } from "./clock.ts";
import type { Cluster, EmbeddedNode, Ending } from "./initial-region.ts";
import type { Organization } from "./organization.ts";
import type { Unsettled } from "./unsettled.ts";

/** Owner of an access key. */
export interface Caller {
  account: string;
  arn: string;
  userId: string;
  /** Role with the caller's permissions; absent for an administrator, who is allowed everything. */
  role?: Role;
}

/** State of one account-Region. */
export interface AccountRegion {
  account: string;
  region: string;
  partition: string;
  clusters: Cluster[];
  nodes: EmbeddedNode[];
  /** Time at which Security Hub was enabled, ISO 8601; absent if it is not enabled. */
  securityHubSince?: string | undefined;
  documents: Map<string, Document>;
  commands: Map<string, Command>;
  /** By `keyOf`: ProductArn and Id. */
  findings: Map<string, StoredFinding>;
  /** By name. */
  buckets: Map<string, Bucket>;
  /** By ARN. */
  queues: Map<string, Queue>;
  /** By name. */
  stacks: Map<string, DeployedStack>;
  functions: Map<string, DeployedFunction>;
  /** Id of the organization that is allowed to send events, by ARN of the event bus. */
  buses: Map<string, string>;
  /** EventBridge rules. */
  rules: EventRule[];
}

/** Durations of the embedded AWS, shorter than those of AWS so that tests are fast. */
export interface Pace {
  /** Milliseconds here for each second of an AWS timeout. */
  timeoutSecond: number;
  /** Milliseconds from SendCommand to the start of the script on a node. */
  delivery: number;
  /**
   * Milliseconds of eventual consistency: until then ListCommandInvocations and GetCommandInvocation omit a new
   * command, and GetFindings omits an import.
   */
  consistency: number;
  /** Maximum number of scripts that run at the same time on this machine. */
  scripts: number;
}

export interface World {
  clock: Clock;
  pace: Pace;
  unsettled: Unsettled;
  /** By access key id. */
  callers: Map<string, Caller>;
  /** Roles that sts:AssumeRole can assume, by ARN. */
  roles: Map<string, AssumableRole>;
  /** Roles of the deployed functions, by ARN. */
  functionRoles: Map<string, Role>;
  /** Organization of the accounts; absent if they belong to none. */
  organization?: Organization | undefined;
  /** Access key of the administrator. */
  userKey: string;
  /** Runs a script on a node's tree. */
  runScript: RunScript;
  /** Registers work that continues after the reply. close() waits for it. */
  background(work: Promise<void>): void;
  /** Aborted when the embedded AWS closes. */
  closing: AbortSignal;
  at(account: string, region: string): AccountRegion;
  close(): Promise<void>;
}

export interface ScriptOutcome {
  stdout: string;
  stderr?: string;
  exitCode: number;
}

export type RunScript = (node: EmbeddedNode, script: string) => Promise<ScriptOutcome>;

/** A stack as CloudFormation describes it. */
export interface DeployedStack {
  name: string;
  resources: readonly { logicalId: string; type: string; name: string; properties: Record<string, unknown> }[];
  outputs: Readonly<Record<string, string>>;
}

export interface DeployedFunction {
  /** As GetFunctionConfiguration returns it. */
  configuration: object;
  invoke(payload: unknown): Promise<{ result?: unknown; error?: object; log: string[] }>;
  /** As ListEventSourceMappings returns them. Tests can change them. */
  eventSourceMappings: { State: string }[];
}

/** A queue with its attributes. Source: Amazon SQS API Reference, CreateQueue. */
export interface Queue {
  delaySeconds: number;
  visibilitySeconds: number;
  retentionSeconds: number;
  redrive?: { deadLetterTargetArn: string; maxReceiveCount: number } | undefined;
  /** Oldest first. */
  messages: QueuedMessage[];
}

export interface QueuedMessage {
  id: string;
  /** Receipt handle of the last receive; empty before the first one. */
  receiptHandle: string;
  body: string;
  /** Epoch milliseconds at which the message becomes visible. */
  visibleAt: number;
  sentAt: number;
  receives: number;
}

export interface EventRule {
  pattern: unknown;
  /** ARN of the event bus. Default: the default bus. */
  bus?: string;
  /** ARN of the role that sends to another bus. */
  role?: string;
  /** ARNs of queues and event buses that receive matching events. */
  targets?: readonly string[];
  /** Events that matched the pattern, oldest first. */
  matched: object[];
}

/** A finding as Security Hub stores it. */
export interface StoredFinding {
  finding: Finding;
  /** Top-level fields that the customer has set. An import does not overwrite them. */
  setByCustomer: Set<string>;
  /** Epoch milliseconds of the last import or update. */
  touchedAt: number;
  /** Version that GetFindings returns until the last import becomes visible. */
  previous: Finding | undefined;
  /** Epoch milliseconds of the last import. */
  importedAt: number;
}

export interface Bucket {
  versioned: boolean;
  /** By key, the newest version last. */
  objects: Map<string, Version[]>;
  /** Deny statements of the bucket policy. */
  denials?: readonly Permission[];
}

/** One version of an object. A delete marker has no body. */
export interface Version {
  id: string;
  body?: Buffer;
  etag: string;
  /** Epoch milliseconds. */
  modifiedAt: number;
}

export type StatusDetails = "Pending" | "InProgress" | Ending;

export interface Invocation {
  instanceId: string;
  statusDetails: StatusDetails;
  steps: StepResult[];
}

export interface Command {
  id: string;
  document: { name: string; version: number; steps: readonly Step[] };
  comment: string;
  /** Epoch milliseconds on the clock of the embedded AWS, which tests can move. For durations of days. */
  requestedAt: number;
  timeoutSeconds: number;
  maxConcurrency: string;
  maxErrors: string;
  invocations: Invocation[];
  done: boolean;
}

/** Result of one document step on one node. */
export interface StepResult {
  step: Step;
  status: string;
  statusDetails: string;
  responseCode: number;
  stdout: string;
  stderr: string;
  /** Epoch milliseconds. */
  startedAt: number;
  finishedAt?: number;
}

export interface Step {
  name: string;
  /** "aws:runShellScript" or "aws:runPowerShellScript". */
  action: string;
  script: string;
  timeoutSeconds: number;
  /** Value of the precondition on platformType; absent without a precondition. */
  platform?: string;
}

export interface Document {
  name: string;
  /** Oldest first: version 1 is at index 0. */
  versions: DocumentVersion[];
  /** Number of the default version, from 1. */
  defaultVersion: number;
  createdAt: number;
  tags: Readonly<Record<string, string>>;
  /** Account that shares the document with this one; absent if the document is this account's own. */
  sharedBy?: string;
}

export interface DocumentVersion {
  content: string;
  /** SHA-256 of the content, lower-case hex. */
  hash: string;
  steps: readonly Step[];
}

/** One action on one resource in one statement: the smallest unit that a policy can lose. */
export interface Permission {
  role: string;
  /** Sid of the statement, or "statement N". */
  sid: string;
  effect: "Allow" | "Deny";
  /** Action and resource as in the policy, wildcards included. */
  action: string;
  resource: string;
  conditions: readonly Condition[];
  /** Requests, as "action resource", that this permission alone allowed or denied. */
  neededBy: Set<string>;
}

export interface Condition {
  operator: string;
  key: string;
  values: readonly string[];
}

export interface Role {
  name: string;
  permissions: readonly Permission[];
  /** Denied requests, as "action resource". */
  refused: Set<string>;
}

/** A role that sts:AssumeRole can assume. */
export interface AssumableRole {
  role: Role;
  partition: string;
  account: string;
  trust: readonly Statement[];
}

/** One statement of a policy document. */
export interface Statement {
  Sid?: string | undefined;
  Effect: "Allow" | "Deny";
  Principal?: { Service: string } | { AWS: string[] } | undefined;
  Action: string[];
  Resource: string[];
  Condition: Record<string, Record<string, string[]>>;
}
