import type { Clock } from "./clock.ts";
import type { StoredFinding } from "./findings.ts";
import type { Cluster, Fleet, FleetNode } from "./fleet.ts";
import type { AssumableRole, Role } from "./iam.ts";
import type { Organization } from "./organization.ts";
import type { Bucket } from "./s3.ts";
import type { Command } from "./ssm-commands.ts";
import type { Document } from "./ssm-documents.ts";
import { likelyAnswers, type Unsettled } from "./unsettled.ts";

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

const usualPace: Pace = { timeoutSecond: 20, delivery: 20, consistency: 200, scripts: 4 };

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
type RunScript = (node: FleetNode, script: string) => Promise<ScriptOutcome>;

interface Beginning {
  clock: Clock;
  /** What the administrator's account has in its Region. */
  fleet: Fleet;
  /** What there is elsewhere. */
  others: readonly Fleet[];
  organization: Organization | undefined;
  pace: Partial<Pace>;
  unsettled: Partial<Unsettled>;
  runScript: RunScript;
}

export function createWorld(start: Beginning): World {
  const { clock, fleet, others, organization } = start;
  const pace = { ...usualPace, ...start.pace };
  const regions = new Map<string, AccountRegion>();
  const at = (account: string, region: string) => {
    const place = regions.get(`${account} ${region}`) ?? emptyRegion(account, region);
    regions.set(`${account} ${region}`, place);
    return place;
  };
  for (const { account, region, clusters, nodes, securityHub } of [fleet, ...others]) {
    const since = securityHub && { securityHubSince: new Date(clock.now()).toISOString() };
    Object.assign(at(account, region), { clusters, nodes, ...since });
  }
  const home = at(fleet.account, fleet.region);
  const userKey = "AKIALOCALAWS00000001";
  const admin = { arn: `arn:${home.partition}:iam::${fleet.account}:user/admin`, userId: "AIDALOCALAWS00000001" };
  const closing = new AbortController();
  const unfinished = new Set<Promise<void>>();
  return {
    clock,
    pace,
    unsettled: { ...likelyAnswers, ...start.unsettled },
    at,
    userKey,
    callers: new Map([[userKey, { account: fleet.account, ...admin }]]),
    roles: new Map(),
    functionRoles: new Map(),
    organization,
    runScript: atMost(pace.scripts, start.runScript),
    closing: closing.signal,
    background(work) {
      const watched = work
        .catch((error: unknown) => {
          if (!closing.signal.aborted) console.error("local-aws:", error);
        })
        .finally(() => unfinished.delete(watched));
      unfinished.add(watched);
    },
    async close() {
      closing.abort();
      await Promise.all(unfinished);
    },
  };
}

/** An account's Region with nothing in it. */
function emptyRegion(account: string, region: string): AccountRegion {
  const partition = partitionOf(region);
  const [documents, commands, findings, buckets, queues] = [new Map(), new Map(), new Map(), new Map(), new Map()];
  const stores = { documents, commands, findings, buckets, queues, stacks: new Map(), functions: new Map(), rules: [] };
  return { account, region, partition, clusters: [], nodes: [], ...stores };
}

/** Source: AWS General Reference, "AWS service endpoints" (partitions). */
function partitionOf(region: string): string {
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  if (region.startsWith("eusc-")) return "aws-eusc";
  return region.startsWith("cn-") ? "aws-cn" : "aws";
}

/** `run` with no more than `limit` of them going on at once. */
function atMost(limit: number, run: RunScript): RunScript {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (node, script) => {
    if (running < limit) running += 1;
    else await new Promise<void>((turn) => waiting.push(turn));
    try {
      return await run(node, script);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
