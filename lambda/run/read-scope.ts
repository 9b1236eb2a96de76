import { createHash } from "node:crypto";
import * as z from "zod";
import type { Place } from "../domain/place.ts";
import type { Owns, Scope } from "../domain/scope.ts";

/** The input of the function is not a valid scope. The function stops before any call to AWS. */
export class ScopeError extends Error {
  override readonly name = "ScopeError";
  constructor(problem: string) {
    super(
      `The input of the function is not {"account"?, "region"?, "cluster"?, "shard"?: {"index", "count"}}: ${problem}`,
    );
  }
}

/** Maximum number of shards. A larger number is almost certainly a mistake. */
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
  /** The auditor's own schedule adds the time at which it fired. */
  scheduledTime: z.string().exactOptional(),
});

/**
 * Input from EventBridge Scheduler when a schedule has no input. Source: Amazon EventBridge Scheduler API Reference,
 * Target.
 */
const defaultNotification = z.looseObject({ source: z.literal("aws.scheduler") });

/** Reads the scope from the function's input. No input, or an empty one, covers everything. */
export function readScope(event: unknown): Scope {
  if (defaultNotification.safeParse(event).success) return {};
  const parsed = scopeSchema.safeParse(event ?? {});
  if (!parsed.success) throw new ScopeError(z.prettifyError(parsed.error));
  const { scheduledTime: _, ...scope } = parsed.data;
  return scope;
}

/** Throws if the scope names another account-Region. */
export function refuseForeign({ account, region }: Scope, place: Place): void {
  if ((account ?? place.account) === place.account && (region ?? place.region) === place.region) return;
  throw new ScopeError(`this function audits account ${place.account} in ${place.region} only`);
}

/** The subjects that a run in that scope covers: instance ids, and "cluster" for a cluster itself. */
export function ownedBy({ shard, instances }: Scope): Owns {
  if (instances) return (subject) => instances.includes(subject);
  if (!shard) return () => true;
  return (subject) => (subject === "cluster" ? 0 : shardOf(subject, shard.count)) === shard.index;
}

/** The shard of an instance, from 0 to `count` - 1. It is always the same, and shards are about equally large. */
export function shardOf(instanceId: string, count: number): number {
  return createHash("sha256").update(instanceId).digest().readUInt32BE() % count;
}
