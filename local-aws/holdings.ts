import type { Finding } from "./asff.ts";
import type { Clock } from "./clock.ts";
import type { Cluster, Ending, FleetNode } from "./fleet.ts";
import type { Organization } from "./organization.ts";
import type { Unsettled } from "./unsettled.ts";

/** Whom an access key belongs to. */
export interface Caller {
  account: string;
  arn: string;
  userId: string;
  /** What it may do; absent for an administrator, who may do everything. */
  role?: Role;
}

/** What one account holds in one Region. */
export interface AccountRegion {
  account: string;
  region: string;
  partition: string;
  clusters: Cluster[];
  nodes: FleetNode[];
  /** ISO 8601: since when Security Hub is enabled; absent when it is not. */
  securityHubSince?: string | undefined;
  documents: Map<string, Document>;
  commands: Map<string, Command>;
  /** By ProductArn and Id. */
  findings: Map<string, StoredFinding>;
  /** By name. */
  buckets: Map<string, Bucket>;
  /** Messages by the queue's ARN. */
  queues: Map<string, string[]>;
  /** By name. */
  stacks: Map<string, DeployedStack>;
  functions: Map<string, DeployedFunction>;
  /** Rules of EventBridge that watch the events of Security Hub. */
  rules: EventRule[];
}

/** How the embedded AWS differs from the real one in pace only. */
export interface Pace {
  /** How long an AWS timeout of one second lasts here, in milliseconds. */
  timeoutSecond: number;
  /** From SendCommand to the start on a node, in milliseconds. */
  delivery: number;
  /**
   * How long a new command stays invisible to ListCommandInvocations and GetCommandInvocation, and an import to
   * GetFindings, in milliseconds.
   */
  consistency: number;
  /** Scripts that run at once on this machine. */
  scripts: number;
}

export interface World {
  clock: Clock;
  pace: Pace;
  unsettled: Unsettled;
  /** By access key id. */
  callers: Map<string, Caller>;
  /** Roles that other accounts may be trusted with, by ARN. */
  roles: Map<string, AssumableRole>;
  /** Roles of the deployed functions, by ARN. */
  functionRoles: Map<string, Role>;
  /** What the accounts belong to, if anything. */
  organization?: Organization | undefined;
  /** Access key of the account's administrator. */
  userKey: string;
  /** Runs a script on a node's tree. */
  runScript: RunScript;
  /** Work that goes on after the reply; closing ends it. */
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

export type RunScript = (node: FleetNode, script: string) => Promise<ScriptOutcome>;

/** What CloudFormation keeps of a stack. */
export interface DeployedStack {
  name: string;
  resources: readonly { logicalId: string; type: string; name: string; properties: Record<string, unknown> }[];
  outputs: Readonly<Record<string, string>>;
}

export interface DeployedFunction {
  /** As GetFunctionConfiguration returns it. */
  configuration: object;
  invoke(payload: unknown): Promise<{ result?: unknown; error?: object; log: string[] }>;
}

export interface EventRule {
  pattern: unknown;
  /** Events that the rule has matched. */
  matched: object[];
}

/** A finding as Security Hub keeps it. */
export interface StoredFinding {
  finding: Finding;
  /** Top-level fields that the customer has set; a provider no longer changes them. */
  setByCustomer: Set<string>;
  /** Epoch milliseconds of the last import or update. */
  touchedAt: number;
  /** What GetFindings says until it has heard of the last import. */
  previous: Finding | undefined;
  /** When that import came, epoch milliseconds. */
  importedAt: number;
}

export interface Bucket {
  versioned: boolean;
  /** By key, the newest version last. */
  objects: Map<string, Version[]>;
  /** What the bucket's policy denies. */
  denials?: readonly Permission[];
}

/** One version of an object; a delete marker has no body. */
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
  /** Epoch milliseconds of the embedded AWS's clock. */
  requestedAt: number;
  timeoutSeconds: number;
  maxConcurrency: string;
  maxErrors: string;
  invocations: Invocation[];
  done: boolean;
}

/** What became of one step of a document on one node. */
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
  /** Its precondition on platformType, when it has one. */
  platform?: string;
}

export interface Document {
  name: string;
  /** One content per version; version 1 first. */
  versions: DocumentVersion[];
  /** Number of the default version. */
  defaultVersion: number;
  createdAt: number;
  tags: Readonly<Record<string, string>>;
}

export interface DocumentVersion {
  content: string;
  /** SHA-256 of the content, lower-case hex. */
  hash: string;
  steps: readonly Step[];
}

/** One action on one resource in one statement: the least that could be taken away from a role. */
export interface Permission {
  role: string;
  /** The statement's Sid, or its number. */
  sid: string;
  effect: "Allow" | "Deny";
  /** With wildcards, as the policy has it. */
  action: string;
  resource: string;
  conditions: readonly Condition[];
  /** What nothing else of the role would have allowed, as "action resource". */
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
  /** What was refused, as "action resource". */
  refused: Set<string>;
}

/** A role that is given out on request. */
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
