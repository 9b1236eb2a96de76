import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeEach, expect, test } from "vitest";
import { startLocalAws } from "../../local-aws/server.ts";
import { refusal } from "./clients.ts";

const aws = await startLocalAws();
afterAll(() => aws.close());
const credentials = { accessKeyId: aws.environment().AWS_ACCESS_KEY_ID ?? "", secretAccessKey: "any" };
const s3 = new S3Client({ endpoint: aws.endpoint, region: "us-east-1", credentials, maxAttempts: 1 });

const Bucket = "ledgers";
const place = { Bucket, Key: "a b/ü+.gz" };
const body = Buffer.from([0, 255, 10, 128, 13]);
const put = (conditions: object = {}, Body: Buffer | string = body) =>
  s3.send(new PutObjectCommand({ ...place, Body, ...conditions }));
const read = async (more: object = {}) => {
  const { Body } = await s3.send(new GetObjectCommand({ ...place, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};

beforeEach(() => {
  aws.home.buckets.clear();
  aws.home.buckets.set(Bucket, { versioned: true, objects: new Map() });
});

test("GetObject returns the bytes that PutObject stored, and HeadObject the same ETag", async () => {
  const { ETag } = await put();
  expect(await read()).toEqual(body);
  expect((await s3.send(new HeadObjectCommand(place))).ETag).toBe(ETag);
});

test("PutObject joins a body sent in chunks with a trailing checksum", async () => {
  const chunked = new PutObjectCommand({ ...place, Body: Readable.from([body]), ContentLength: body.length });
  await s3.send(chunked);
  expect(await read()).toEqual(body);
});

test("PutObject rejects a body with a wrong checksum", async () => {
  expect(await refusal(put({ ChecksumCRC32: "AAAAAA==" }))).toContain("BadDigest 400");
});

test("the host name can contain the bucket's name", async () => {
  const endpoint = aws.endpoint.replace("127.0.0.1", "localhost");
  const byHost = new S3Client({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  byHost.middlewareStack.add(
    (next) => (args) => {
      const request: { hostname?: string; headers?: Record<string, string> } = Object(args.request);
      expect(request.hostname).toBe("ledgers.localhost");
      request.hostname = "127.0.0.1";
      return next(args);
    },
    { step: "finalizeRequest", priority: "low" },
  );
  await byHost.send(new PutObjectCommand({ ...place, Body: body }));
  expect(await read()).toEqual(body);
});

test.each([
  ["a first write over an existing object", { IfNoneMatch: "*" }, "PreconditionFailed 412"],
  ["a write over another version", { IfMatch: '"0123"' }, "PreconditionFailed 412"],
])("S3 rejects %s", async (_, conditions, error) => {
  await put();
  expect(await refusal(put(conditions, "other"))).toContain(error);
  expect(await read()).toEqual(body);
});

test("If-Match rejects a write to a missing object, and If-None-Match accepts it", async () => {
  expect(await refusal(put({ IfMatch: '"0123"' }))).toContain("NoSuchKey 404");
  const { ETag } = await put({ IfNoneMatch: "*" });
  await put({ IfMatch: ETag }, "second");
  expect((await read()).toString()).toBe("second");
});

test("If-None-Match returns 304 for an unchanged object", async () => {
  const { ETag } = await put();
  expect(await refusal(read({ IfNoneMatch: ETag }))).toContain("304");
});

test("DeleteObject hides the object and keeps its versions", async () => {
  const { VersionId } = await put();
  await put({}, "second");
  await s3.send(new DeleteObjectCommand(place));
  expect(await refusal(read())).toContain("NoSuchKey 404");
  expect(await read({ VersionId })).toEqual(body);
});

test("ListObjectsV2 returns the keys with a prefix in order, in pages", async () => {
  for (const Key of ["b/3", "b/1", "a/1", "b/2"]) await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
  const first = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "b/", MaxKeys: 2 }));
  const rest = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: "b/", ContinuationToken: first.NextContinuationToken }),
  );
  const keys = [first, rest].map(({ Contents = [] }) => Contents.map(({ Key }) => Key));
  expect(keys).toEqual([["b/1", "b/2"], ["b/3"]]);
  expect([first.IsTruncated, rest.IsTruncated]).toEqual([true, false]);
});

test("a missing bucket causes NoSuchBucket", async () => {
  aws.home.buckets.clear();
  expect(await refusal(put())).toContain("NoSuchBucket 404");
});

test("an injected throttling fault causes S3's own error", async () => {
  aws.faults.push({ operation: "s3:PutObject", error: "throttled" });
  expect(await refusal(put())).toContain("SlowDown 503");
  aws.faults.length = 0;
});
