import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { AwsError } from "./errors.ts";
import { type PageFault, pageFault } from "./operation.ts";
import type { Service } from "./service.ts";

/** Something that goes wrong by plan, the next time the operation is called. */
export interface Fault {
  /** For example "ssm:SendCommand"; "*" is any. */
  operation: string;
  /** The only Region where it happens; every one when left out. */
  region?: string;
  /** Calls that meet it; one when left out. */
  times?: number;
  /** Calls that still go well before. */
  after?: number;
  /** What is answered instead; "throttled" is the service's own way to say "too fast". */
  error?: { code: string; message?: string; status?: number } | "throttled";
  /** How long the reply is held back, in milliseconds. */
  latency?: number;
  /** A list comes differently. */
  page?: PageFault;
  /** The connection ends without a reply. "after" lets the operation take effect first. */
  dropConnection?: "before" | "after";
  /** Changes the world just before the operation runs: a node that leaves between two calls, say. */
  meanwhile?: () => void;
}

/** The connection is cut instead of a reply. */
export class DroppedConnectionError extends Error {
  override readonly name = "DroppedConnectionError";
}

/** Requests that an account may send in a Region: at once after a rest, and per second. */
export type Rates = Readonly<Record<string, { burst: number; perSecond: number }>>;

/** By operation or service. Source: Security Hub quotas; EC2 API reference, "Request throttling". */
const publishedRates: Rates = {
  "securityhub:GetFindings": { burst: 6, perSecond: 3 },
  securityhub: { burst: 30, perSecond: 10 },
  ec2: { burst: 100, perSecond: 20 },
};

/** For a service whose rate is not the matter. */
export const unlimited = { burst: 1_000_000, perSecond: 1_000_000 };

/** AWS publishes no rates of these services. They are what the auditor assumes at most. */
export const assumedRates: Rates = {
  ssm: { burst: 10, perSecond: 5 },
  eks: { burst: 20, perSecond: 10 },
};

/** Counts, slows and spoils calls. A client's retries count as well: what is counted is requests. */
export interface Traffic {
  faults: Fault[];
  /** Requests by operation. */
  counts: Map<string, number>;
  /** Lets one call from `place` (an account and Region) through to `run`, or not. */
  pass<Reply>(service: Service, operation: string, place: string, run: () => Reply | Promise<Reply>): Promise<Reply>;
}

/** `rates` replaces single entries of the published and assumed ones. */
export function startTraffic(clock: Clock, rates: Rates = {}): Traffic {
  const faults: Fault[] = [];
  const counts = new Map<string, number>();
  const hasToken = tokenBuckets(clock, { ...publishedRates, ...assumedRates, ...rates });
  return {
    faults,
    counts,
    async pass(service, operation, place, run) {
      const name = `${service.name}:${operation}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
      const fault = nextFault(faults, name, place.split(" ")[1]);
      if (fault?.latency) await sleep(fault.latency);
      fault?.meanwhile?.();
      if (fault?.dropConnection === "before") throw new DroppedConnectionError();
      const error = fault?.error;
      if (error === "throttled" || !hasToken(name, service.name, place)) throw tooFast(service);
      if (error) throw new AwsError(error.code, error.message ?? error.code, error.status);
      const reply = await (fault?.page ? pageFault.run(fault.page, run) : run());
      if (fault?.dropConnection === "after") throw new DroppedConnectionError();
      return reply;
    },
  };
}

/** The first fault in line for this operation, for example "ssm:SendCommand"; taken out of `faults` when it has happened often enough. */
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

/** A token bucket per operation, account and Region. */
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
