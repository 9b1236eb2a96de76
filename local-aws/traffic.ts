import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { AwsError } from "./errors.ts";
import { type PageFault, pageFault } from "./operation.ts";
import type { Service } from "./service.ts";

/** An injected fault. It affects the next calls of an operation. */
export interface Fault {
  /** For example "ssm:SendCommand". "*" matches every operation. */
  operation: string;
  /** Default: every Region. */
  region?: string;
  /** Number of affected calls. Default: 1. */
  times?: number;
  /** Number of unaffected calls before the first affected one. Default: 0. */
  after?: number;
  /** Error reply. "throttled" is the service's own throttling error. */
  error?: { code: string; message?: string; status?: number } | "throttled";
  /** Delay of the reply in milliseconds. */
  latency?: number;
  /** Changes the page that a list operation returns. */
  page?: PageFault;
  /** Closes the connection without a reply, before or after the operation runs. */
  dropConnection?: "before" | "after";
  /** Runs just before the operation, for example to terminate a node between two calls. */
  meanwhile?: () => void;
}

/** Closes the connection without a reply. */
export class DroppedConnectionError extends Error {
  override readonly name = "DroppedConnectionError";
}

/** Token buckets for the requests of one account-Region: `burst` is the capacity, `perSecond` the refill rate. */
export type Rates = Readonly<Record<string, { burst: number; perSecond: number }>>;

/**
 * Rates that AWS publishes, by operation or service. Source: Security Hub quotas; EC2 API reference, "Request
 * throttling".
 */
const publishedRates: Rates = {
  "securityhub:GetFindings": { burst: 6, perSecond: 3 },
  securityhub: { burst: 30, perSecond: 10 },
  ec2: { burst: 100, perSecond: 20 },
};

const unlimited = { burst: 1_000_000, perSecond: 1_000_000 };

/** No throttling, for tests that do not test rates: a throttled client waits for seconds. */
export const unthrottled: Rates = { ssm: unlimited, eks: unlimited, ec2: unlimited, securityhub: unlimited };

/** Rates that AWS does not publish. The auditor never sends faster than this. */
export const assumedRates: Rates = {
  ssm: { burst: 10, perSecond: 5 },
  eks: { burst: 20, perSecond: 10 },
};

/** Counts requests, throttles them and injects faults. A client's retry counts as a request. */
export interface Traffic {
  faults: Fault[];
  /** Requests by operation. */
  counts: Map<string, number>;
  /** Requests that a rate rejected, by operation. */
  throttled: Map<string, number>;
  /** Runs one call from `place`, an account and Region. Throws instead if a rate or a fault rejects it. */
  pass<Reply>(service: Service, operation: string, place: string, run: () => Reply | Promise<Reply>): Promise<Reply>;
}

/** `rates` overrides entries of the published and assumed rates. */
export function startTraffic(clock: Clock, rates: Rates = {}): Traffic {
  const faults: Fault[] = [];
  const [counts, throttled] = [new Map<string, number>(), new Map<string, number>()];
  const hasToken = tokenBuckets(clock, { ...publishedRates, ...assumedRates, ...rates });
  return {
    faults,
    counts,
    throttled,
    async pass(service, operation, place, run) {
      const name = `${service.name}:${operation}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const fault = nextFault(faults, name, place.split(" ")[1]);
      if (fault?.latency) await sleep(fault.latency);
      fault?.meanwhile?.();
      if (fault?.dropConnection === "before") throw new DroppedConnectionError();
      const error = fault?.error;
      if (error === "throttled") throw tooFast(service);
      if (!hasToken(name, service.name, place)) {
        throttled.set(name, (throttled.get(name) ?? 0) + 1);
        throw tooFast(service);
      }
      if (error) throw new AwsError(error.code, error.message ?? error.code, error.status);
      const reply = await (fault?.page ? pageFault.run(fault.page, run) : run());
      if (fault?.dropConnection === "after") throw new DroppedConnectionError();
      return reply;
    },
  };
}

/**
 * Returns the first fault for the operation `name`, for example "ssm:SendCommand". Removes it from `faults` after its
 * last use.
 */
export function nextFault(faults: Fault[], name: string, region?: string): Fault | undefined {
  for (const [index, fault] of faults.entries()) {
    if (fault.operation !== name && fault.operation !== "*") continue;
    if (fault.region !== undefined && fault.region !== region) continue;
    if (fault.after) {
      fault.after -= 1;
      continue;
    }
    fault.times = (fault.times ?? 1) - 1;
    if (fault.times <= 0) faults.splice(index, 1);
    return fault;
  }
  return undefined;
}

/**
 * Returns a function that takes a token for one operation in one account-Region. It returns false if the bucket is
 * empty.
 */
function tokenBuckets(clock: Clock, rates: Rates): (name: string, service: string, place: string) => boolean {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (name, service, place) => {
    const rate = rates[name] ?? rates[service];
    if (!rate) return true;
    const now = clock.now();
    const { tokens, at } = buckets.get(`${place} ${name}`) ?? { tokens: rate.burst, at: now };
    const filled = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond);
    buckets.set(`${place} ${name}`, { tokens: filled < 1 ? filled : filled - 1, at: now });
    return filled >= 1;
  };
}

function tooFast({ throttled: { code, message, status } }: Service): AwsError {
  return new AwsError(code, message, status);
}
