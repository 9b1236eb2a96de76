import type { Clock } from "./clock.ts";
import type { AccountRegion, Pace, RunScript, World } from "./holdings.ts";
import type { InitialRegion } from "./initial-region.ts";
import type { Organization } from "./organization.ts";
import { likelyAnswers, type Unsettled } from "./unsettled.ts";

const usualPace: Pace = { timeoutSecond: 20, delivery: 20, consistency: 200, scripts: 4 };

interface Beginning {
  clock: Clock;
  /** Clusters and nodes of the administrator's account-Region. */
  home: InitialRegion;
  /** Clusters and nodes of other account-Regions. */
  others: readonly InitialRegion[];
  organization: Organization | undefined;
  pace: Partial<Pace>;
  unsettled: Partial<Unsettled>;
  runScript: RunScript;
}

export function createWorld(start: Beginning): World {
  const { clock, home: initial, others, organization } = start;
  const pace = { ...usualPace, ...start.pace };
  const regions = new Map<string, AccountRegion>();
  const at = (account: string, region: string) => {
    const place = regions.get(`${account} ${region}`) ?? emptyRegion(account, region);
    regions.set(`${account} ${region}`, place);
    return place;
  };
  for (const { account, region, clusters, nodes, securityHub } of [initial, ...others]) {
    const since = securityHub && { securityHubSince: new Date(clock.now()).toISOString() };
    Object.assign(at(account, region), { clusters, nodes, ...since });
  }
  const home = at(initial.account, initial.region);
  const userKey = "AKIALOCALAWS00000001";
  const admin = { arn: `arn:${home.partition}:iam::${initial.account}:user/admin`, userId: "AIDALOCALAWS00000001" };
  const closing = new AbortController();
  const unfinished = new Set<Promise<void>>();
  return {
    clock,
    pace,
    unsettled: { ...likelyAnswers, ...start.unsettled },
    at,
    userKey,
    callers: new Map([[userKey, { account: initial.account, ...admin }]]),
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

/** An account-Region without any resources. */
function emptyRegion(account: string, region: string): AccountRegion {
  const partition = partitionOf(region);
  const [documents, commands, findings, buckets, queues] = [new Map(), new Map(), new Map(), new Map(), new Map()];
  const stores = {
    documents,
    commands,
    findings,
    buckets,
    queues,
    stacks: new Map(),
    functions: new Map(),
    buses: new Map(),
    rules: [],
  };
  return { account, region, partition, clusters: [], nodes: [], ...stores };
}

/** The partition of a Region. Source: AWS General Reference, "AWS service endpoints". */
function partitionOf(region: string): string {
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  if (region.startsWith("eusc-")) return "aws-eusc";
  return region.startsWith("cn-") ? "aws-cn" : "aws";
}

/** Wraps `run` so that at most `limit` scripts run at the same time. */
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
