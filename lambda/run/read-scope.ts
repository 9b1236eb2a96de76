import { createHash } from "node:crypto";
import * as z from "zod";
import type { Place } from "../domain/place.ts";
import type { Owns, Scope } from "../domain/scope.ts";

/** The function was invoked with something else than a scope: nothing has been done yet, and nothing will be. */
export class ScopeError extends Error {
  override readonly name = "ScopeError";
  constructor(problem: string) {
    super(
      `The function's input has to be {"account"?, "region"?, "cluster"?, "shard"?: {"index", "count"}}: ${problem}`,
    );
  }
}

/** More parts than instance ids could fill evenly are a slip. */
const mostShards = 10_000;

const shardSchema = z
  .strictObject({ index: z.number().int().nonnegative(), count: z.number().int().positive().max(mostShards) })
  .refine(({ index, count }) => index < count, "index has to be less than count");

const scopeSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, "has to be 12 digits")
    .exactOptional(),
  region: z.string().min(1).exactOptional(),
  cluster: z.string().min(1).exactOptional(),
  shard: shardSchema.exactOptional(),
  /** Our own schedule tells when it fired. */
  scheduledTime: z.string().exactOptional(),
});

/** What Scheduler sends where a schedule has no input. Source: Amazon EventBridge Scheduler API Reference, Target. */
const defaultNotification = z.looseObject({ source: z.literal("aws.scheduler") });

/** The scope in the function's input; no input, or an empty one, is everything. */
export function readScope(event: unknown): Scope {
  if (defaultNotification.safeParse(event).success) return {};
  const parsed = scopeSchema.safeParse(event ?? {});
  if (!parsed.success) throw new ScopeError(z.prettifyError(parsed.error));
  const { scheduledTime: _, ...scope } = parsed.data;
  return scope;
}

/** Refuses a scope elsewhere. */
export function refuseForeign({ account, region }: Scope, place: Place): void {
  if ((account ?? place.account) === place.account && (region ?? place.region) === place.region) return;
  throw new ScopeError(`this function audits account ${place.account} in ${place.region} only`);
}

/** Which subjects a run in that scope answers for: instance ids, and "cluster" for a cluster itself. */
export function ownedBy({ shard, instances }: Scope): Owns {
  if (instances) return (subject) => instances.includes(subject);
  if (!shard) return () => true;
  return (subject) => (subject === "cluster" ? 0 : shardOf(subject, shard.count)) === shard.index;
}

/** The part that an instance belongs to, from 0 to `count` - 1: always the same, and parts are equally large. */
export function shardOf(instanceId: string, count: number): number {
  return createHash("sha256").update(instanceId).digest().readUInt32BE() % count;
}
