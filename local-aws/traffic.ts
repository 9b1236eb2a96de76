import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./clock.ts";
import { AwsError } from "./errors.ts";
import type { Service } from "./service.ts";

/** Something that goes wrong by plan, the next time the operation is called. */
export interface Fault {
  /** For example "ssm:SendCommand"; "*" is any. */
  operation: string;
  /** Calls that meet it; one when left out. */
  times?: number;
  /** Calls that still go well before. */
  after?: number;
  /** What is answered instead; "throttled" is the service's own way to say "too fast". */
  error?: { code: string; message?: string; status?: number } | "throttled";
  /** How long the reply is held back, in milliseconds. */
  latency?: number;
  /** The connection ends without a reply. "after" lets the operation take effect first. */
  dropConnection?: "before" | "after";
  /** Changes the world just before the operation runs: a node that leaves between two calls, say. */
  meanwhile?: () => void;
}

/** The connection is cut instead of a reply. */
export class DroppedConnectionError extends Error {
  override readonly name = "DroppedConnectionError";
}

/** Requests at once and per second. Source: Security Hub quotas; EC2 API reference, "Request throttling". */
const rates: Readonly<Record<string, { burst: number; perSecond: number }>> = {
  "securityhub:GetFindings": { burst: 6, perSecond: 3 },
  securityhub: { burst: 30, perSecond: 10 },
  ec2: { burst: 100, perSecond: 20 },
};

/** Counts, slows and spoils calls. Clients' retries count: what is counted is requests. */
export class Traffic {
  readonly faults: Fault[] = [];
  readonly counts = new Map<string, number>();
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #clock: Clock;
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets one call of `account` through to `run`, or not. */
  async pass<Reply>(
    service: Service,
    operation: string,
    place: string,
    run: () => Reply | Promise<Reply>,
  ): Promise<Reply> {
    const name = `${service.name}:${operation}`;
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    const fault = this.#nextFault(name);
    if (fault?.latency) await sleep(fault.latency);
    fault?.meanwhile?.();
    if (fault?.dropConnection === "before") throw new DroppedConnectionError();
    const error = fault?.error;
    if (error === "throttled" || !this.#hasToken(name, service.name, place)) throw tooFast(service);
    if (error) throw new AwsError(error.code, error.message ?? error.code, error.status);
    const reply = await run();
    if (fault?.dropConnection === "after") throw new DroppedConnectionError();
    return reply;
  }

  #nextFault(name: string): Fault | undefined {
    for (const [index, fault] of this.faults.entries()) {
      if (fault.operation !== name && fault.operation !== "*") continue;
      if (fault.after) {
        fault.after -= 1;
        continue;
      }
      fault.times = (fault.times ?? 1) - 1;
      if (fault.times <= 0) this.faults.splice(index, 1);
      return fault;
    }
    return undefined;
  }

  /** A token bucket per operation, account and Region. */
  #hasToken(name: string, service: string, place: string): boolean {
    const rate = rates[name] ?? rates[service];
    if (!rate) return true;
    const key = `${place} ${name}`;
    const now = this.#clock.now();
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: rate.burst, at: now };
    const filled = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond);
    this.#buckets.set(key, { tokens: filled < 1 ? filled : filled - 1, at: now });
    return filled >= 1;
  }
}

function tooFast({ throttled: { code, message, status } }: Service): AwsError {
  return new AwsError(code, message, status);
}
