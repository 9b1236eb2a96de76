import { createHash, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { Bucket, Version } from "./holdings.ts";
import { type Call, numberInText, operation, page } from "./operation.ts";
import { type S3Answer, s3Request } from "./s3-wire.ts";
import type { Service } from "./service.ts";

/** Maximum number of keys in one page. Source: Amazon S3 API Reference, ListObjectsV2. */
const pageSize = 1000;

type S3Request = z.output<typeof s3Request>;

const s3Operation = (run: (request: S3Request, call: Call) => S3Answer) => operation(s3Request, run);

/** S3 for small objects: conditional writes, versions, lists and checksums. */
export const s3: Service = {
  name: "s3",
  protocol: { kind: "rest-xml" },
  invalidInput: "InvalidRequest",
  throttled: { code: "SlowDown", status: 503, message: "Please reduce your request rate." },
  operations: {
    CreateBucket: s3Operation(({ bucket }, { at }) => {
      if (at.buckets.has(bucket)) throw new AwsError("BucketAlreadyOwnedByYou", "You already own this bucket.", 409);
      at.buckets.set(bucket, { versioned: false, objects: new Map() });
      return { headers: { location: `/${bucket}` } };
    }),
    GetObject: s3Operation((request, call) => {
      const version = findVersion(request, call);
      return { headers: headersOf(version), body: version.body };
    }),
    HeadObject: s3Operation((request, call) => ({ headers: headersOf(findVersion(request, call)) })),
    PutObject: s3Operation((request, call) => {
      const { versions, bucket } = find(request, call);
      checkConditions(request.headers, newest(versions));
      checkBody(request);
      const version = newVersion(bucket, call, request.bytes);
      bucket.objects.set(request.key, bucket.versioned ? [...versions, version] : [version]);
      return { headers: { etag: version.etag, ...(bucket.versioned && { "x-amz-version-id": version.id }) } };
    }),
    DeleteObject: s3Operation((request, call) => {
      const { versions, bucket } = find(request, call);
      if (request.query.versionId) {
        const others = versions.filter(({ id }) => id !== request.query.versionId);
        bucket.objects.set(request.key, others);
        return { status: 204 };
      }
      if (!bucket.versioned) bucket.objects.delete(request.key);
      else bucket.objects.set(request.key, [...versions, newVersion(bucket, call)]);
      return { status: 204 };
    }),
    ListObjectsV2: s3Operation(list),
  },
};

function find({ bucket: name, key }: S3Request, { at }: Call): { bucket: Bucket; versions: Version[] } {
  const bucket = at.buckets.get(name);
  if (!bucket) throw new AwsError("NoSuchBucket", "The specified bucket does not exist", 404);
  return { bucket, versions: bucket.objects.get(key) ?? [] };
}

/** The newest version; undefined if it is a delete marker. */
function newest(versions: readonly Version[]): Version | undefined {
  const last = versions.at(-1);
  return last?.body ? last : undefined;
}

function findVersion(request: S3Request, call: Call): Version & { body: Buffer } {
  const { versions } = find(request, call);
  const { versionId } = request.query;
  const version = versionId ? versions.find(({ id }) => id === versionId) : newest(versions);
  if (!version?.body) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
  checkConditions(request.headers, version, 304);
  return { ...version, body: version.body };
}

/** Checks If-Match and If-None-Match. Source: Amazon S3 User Guide, "Conditional requests". */
function checkConditions(headers: S3Request["headers"], present: Version | undefined, noneMatchStatus = 412): void {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  const matches = (wanted: string) => present !== undefined && (wanted === "*" || wanted === present.etag);
  const fails = (status: number) =>
    new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", status);
  if (match !== undefined && !present) throw new AwsError("NoSuchKey", "The specified key does not exist.", 404);
  if (match !== undefined && !matches(match)) throw fails(412);
  if (noneMatch !== undefined && matches(noneMatch)) throw fails(noneMatchStatus);
}

/** Compares the body with the checksums in the request's headers, if there are any. */
function checkBody({ bytes, headers }: S3Request): void {
  const { "x-amz-checksum-crc32": checksum, "content-md5": md5 } = headers;
  const wrong = (checksum && checksum !== crc32Of(bytes)) || (md5 && md5 !== hash(bytes).toString("base64"));
  if (wrong) throw new AwsError("BadDigest", "The checksum you specified did not match what we received.");
}

function crc32Of(bytes: Buffer): string {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum.toString("base64");
}

const hash = (bytes: Buffer) => createHash("md5").update(bytes).digest();

function newVersion(bucket: Bucket, { world }: Call, body?: Buffer): Version {
  const etag = `"${hash(body ?? Buffer.of()).toString("hex")}"`;
  const id = bucket.versioned ? randomUUID() : "null";
  return { id, etag, modifiedAt: world.clock.now(), ...(body && { body }) };
}

function headersOf(version: Version & { body: Buffer }): Record<string, string> {
  return {
    etag: version.etag,
    "content-length": String(version.body.length),
    "last-modified": new Date(version.modifiedAt).toUTCString(),
    "x-amz-checksum-crc32": crc32Of(version.body),
    "x-amz-version-id": version.id,
  };
}

const listQuery = z.object({
  prefix: z.string().default(""),
  "max-keys": numberInText(0, pageSize).default(pageSize),
  "continuation-token": z.string().optional(),
});

function list(request: S3Request, call: Call): S3Answer {
  const { bucket } = find(request, call);
  const query = listQuery.parse(request.query);
  const objects = [...bucket.objects]
    .flatMap(([Key, versions]) => {
      const present = newest(versions);
      const LastModified = new Date(present?.modifiedAt ?? 0).toISOString();
      return present ? [{ Key, LastModified, ETag: present.etag, Size: present.body?.length }] : [];
    })
    .filter(({ Key }) => Key.startsWith(query.prefix))
    .sort((one, other) => Buffer.compare(Buffer.from(one.Key), Buffer.from(other.Key)));
  const { entries, nextToken } = page(objects, query["max-keys"], query["continuation-token"], () => {
    throw new AwsError("InvalidArgument", "The continuation token provided is incorrect");
  });
  const ListBucketResult = {
    "@_xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
    Name: request.bucket,
    Prefix: query.prefix,
    KeyCount: entries.length,
    MaxKeys: query["max-keys"],
    IsTruncated: nextToken !== undefined,
    ...(nextToken && { NextContinuationToken: nextToken }),
    Contents: entries,
  };
  return { xml: { ListBucketResult } };
}
