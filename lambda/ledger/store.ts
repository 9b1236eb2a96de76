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
  /** The clock that times in ledgers are compared with, epoch milliseconds. */
  now(): number;
}

/** A ledger as it lies in the bucket. */
export interface StoredLedger {
  ledger: Ledger;
  /** Of the object that holds it; absent when there is none. */
  etag?: string;
  bytes?: Uint8Array;
}

/** Writes tried while other runs write too, as the shards of a cluster do, and milliseconds between them, which grow. */
const attempts = 10;
const pause = 100;

/** Other runs kept writing the same ledger. */
export class LedgerConflictError extends Error {
  override readonly name = "LedgerConflictError";
  constructor(cluster: string, cause: unknown) {
    super(`The ledger of cluster ${cluster} could not be written: it changed ${attempts} times meanwhile.`, { cause });
  }
}

/** The clusters of which there is a ledger. */
export async function listLedgers({ s3, bucket, place }: BucketPlace): Promise<string[]> {
  const clusters: string[] = [];
  const below = prefix(place);
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: below })) {
    for (const { Key = "" } of Contents)
      if (Key.endsWith(suffix)) clusters.push(Key.slice(below.length, -suffix.length));
  }
  return clusters;
}

/** The stored ledger; undefined when there is none, and when it is damaged, in which case the etag is told. */
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
 * Puts the ledger in place of `stored`, or of nothing. Where another run has put one there meanwhile, the two are merged.
 * Nothing is written when nothing has changed. `merged` tells whether there is more in it now than was given. Of what the
 * run does not own, only what lies in the bucket counts.
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
 * Another run was there first: it changed the object (412), is changing it (409), or it was deleted (404).
 * Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".
 */
function isConflict(error: unknown): boolean {
  const names = ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"];
  return error instanceof S3ServiceException && names.includes(error.name);
}

const suffix = ".json.gz";

/** Names of clusters are letters, digits, hyphens and underscores. Source: Amazon EKS API Reference, CreateCluster. */
function keyOf(place: Place, cluster: string): string {
  return `${prefix(place)}${cluster}${suffix}`;
}

function prefix({ account, region }: Place): string {
  return `ledgers/${account}/${region}/`;
}
