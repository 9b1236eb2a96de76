import { setTimeout as sleep } from "node:timers/promises";
import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import type { BucketPlace } from "../aws/report-store.ts";
import type { Place } from "../domain/place.ts";
import { type Owns, ownsAll } from "../domain/scope.ts";
import { DamagedLedgerError, decodeLedger, encodeLedger } from "./format.ts";
import { type Ledger, merge } from "./ledger.ts";

export interface LedgerStore extends BucketPlace {
  /** The clock for comparisons with times in ledgers, epoch milliseconds. */
  now(): number;
}

/** A ledger in the bucket. */
export interface StoredLedger {
  ledger: Ledger;
  /** ETag of the object that contains the ledger; absent if there is none. */
  etag?: string;
  bytes?: Uint8Array;
}

/**
 * Maximum number of attempts to write a ledger while other runs, for example of other shards, also write it.
 * Milliseconds by which the longest pause grows with each attempt.
 */
const attempts = 10;
const pause = 100;

/** The ledger could not be written because other runs kept writing it. */
export class LedgerConflictError extends Error {
  override readonly name = "LedgerConflictError";
  constructor(cluster: string, cause: unknown) {
    super(
      `The ledger of cluster ${cluster} could not be written, because other runs changed it during each of ${attempts} attempts.`,
      { cause },
    );
  }
}

/** The names of the clusters that have a ledger. */
export async function listLedgers({ s3, bucket, place }: BucketPlace): Promise<string[]> {
  const clusters: string[] = [];
  const below = prefix(place);
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: below })) {
    for (const { Key = "" } of Contents)
      if (Key.endsWith(suffix)) clusters.push(Key.slice(below.length, -suffix.length));
  }
  return clusters;
}

/** Reads the stored ledger. If it is damaged, the error and the ETag are returned instead. */
export async function readLedger(
  { s3, bucket, place, now }: LedgerStore,
  cluster: string,
): Promise<StoredLedger | { missing: true } | { damaged: DamagedLedgerError; etag?: string }> {
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: keyOf(place, cluster) })).catch(whenMissing);
  if (!object?.Body) return { missing: true };
  const bytes = await object.Body.transformToByteArray();
  const version = object.ETag === undefined ? {} : { etag: object.ETag };
  try {
    return { ledger: decodeLedger(cluster, bytes, now()), bytes, ...version };
  } catch (error) {
    if (error instanceof DamagedLedgerError) return { damaged: error, ...version };
    throw error;
  }
}

function whenMissing(error: unknown): undefined {
  if (!(error instanceof NoSuchKey)) throw error;
}

/**
 * Replaces `stored` by the ledger, or creates it. If another run has written a ledger meanwhile, the two are merged. An
 * unchanged ledger is not written. `merged` is true if the result contains entries of another run. Subjects that the
 * run does not own are always taken from the bucket.
 */
export async function writeLedger(
  store: LedgerStore,
  cluster: string,
  ledger: Ledger,
  stored: Omit<StoredLedger, "ledger">,
  owns: Owns = ownsAll,
): Promise<StoredLedger & { merged: boolean }> {
  let [ours, place, merged] = [ledger, stored, false];
  for (let attempt = 1; ; attempt++) {
    const bytes = encodeLedger(cluster, ours);
    if (place.bytes && Buffer.compare(bytes, place.bytes) === 0) return { ...place, ledger: ours, merged };
    try {
      const etag = await put(store, cluster, bytes, place.etag);
      return { ledger: ours, bytes, merged, ...(etag !== undefined && { etag }) };
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (attempt === attempts) throw new LedgerConflictError(cluster, error);
      await sleep(Math.random() * attempt * pause);
      const theirs = await readLedger(store, cluster);
      if ("ledger" in theirs) [ours, place, merged] = [merge(ours, theirs.ledger, owns), theirs, true];
      else place = "damaged" in theirs && theirs.etag !== undefined ? { etag: theirs.etag } : {};
    }
  }
}

async function put({ s3, bucket, place }: BucketPlace, cluster: string, bytes: Uint8Array, etag: string | undefined) {
  const condition = etag === undefined ? { IfNoneMatch: "*" } : { IfMatch: etag };
  const object = { Bucket: bucket, Key: keyOf(place, cluster), ContentType: "application/gzip" };
  const { ETag } = await s3.send(new PutObjectCommand({ ...object, Body: bytes, ...condition }));
  return ETag;
}

/**
 * Whether another run changed the object first (412), is changing it (409), or deleted it (404).
 * Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
 */
function isConflict(error: unknown): boolean {
  const names = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"];
  return error instanceof S3ServiceException && names.includes(error.name);
}

const suffix = ".json.gz";

/**
 * Names of clusters contain only letters, digits, hyphens and underscores. Source: Amazon EKS API Reference,
 * CreateCluster.
 */
function keyOf(place: Place, cluster: string): string {
  return `${prefix(place)}${cluster}${suffix}`;
}

function prefix({ account, region }: Place): string {
  return `ledgers/${account}/${region}/`;
}
