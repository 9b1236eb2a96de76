import { randomUUID } from "node:crypto";
import { XMLBuilder } from "fast-xml-parser";
import { z } from "zod";
import { AwsError } from "./errors.ts";
import type { HttpReply, HttpRequest } from "./http-messages.ts";

/**
 * A request of S3's REST protocol. Method, path and query select the operation. Objects are sent as raw bytes,
 * everything else as XML. `key` is empty for operations on a bucket.
 */
export const s3Request = z.object({
  bucket: z.string().min(1),
  key: z.string().max(1024),
  query: z.record(z.string(), z.string()),
  headers: z.record(z.string(), z.string()),
  bytes: z.instanceof(Buffer),
});

/** Reply of an S3 operation: headers and the bytes of an object, or XML. */
export interface S3Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: Buffer;
  xml?: object;
}

const s3Answer: z.ZodType<S3Answer> = z.object({
  status: z.number().exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
  body: z.instanceof(Buffer).exactOptional(),
  xml: z.looseObject({}).exactOptional(),
});

const operations: Readonly<Record<string, string>> = {
  "GET object": "GetObject",
  "HEAD object": "HeadObject",
  "PUT object": "PutObject",
  "DELETE object": "DeleteObject",
  "GET bucket": "ListObjectsV2",
  "PUT bucket": "CreateBucket",
};

export function readS3(request: HttpRequest): { name: string; input: z.input<typeof s3Request> } {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const { bucket, key } = addressOf(headers.host ?? "", pathname);
  const name = operations[`${request.method} ${key ? "object" : "bucket"}`] ?? "";
  const input = { bucket, key, query: Object.fromEntries(searchParams), headers };
  return { name, input: { ...input, bytes: unchunk(request.bytes, headers) } };
}

/** Reads `bucket.host/key` or `host/bucket/key`. Clients use the second form when the host is an IP address. */
function addressOf(host: string, pathname: string): { bucket: string; key: string } {
  const [, fromHost] = /^(.+)\.(?:s3[.-]|localhost)/.exec(host) ?? [];
  const path = pathname.slice(1).split("/").map(decodeURIComponent);
  const [bucket = "", ...key] = fromHost ? [fromHost, ...path] : path;
  return { bucket, key: key.join("/") };
}

/**
 * Decodes the aws-chunked encoding. Signatures and trailers are not verified.
 * Source: Amazon S3 API Reference, "Transferring payload in multiple chunks".
 */
function unchunk(bytes: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  if (!headers["content-encoding"]?.includes("aws-chunked")) return bytes;
  const chunks: Buffer[] = [];
  let position = 0;
  for (let size = -1; size !== 0; ) {
    const lineEnd = bytes.indexOf("\r\n", position);
    size = Number.parseInt(bytes.subarray(position, lineEnd).toString(), 16);
    if (lineEnd < 0 || Number.isNaN(size)) throw new AwsError("IncompleteBody", "A chunk is malformed.");
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    position = lineEnd + 2 + size + 2;
  }
  const whole = Buffer.concat(chunks);
  if (whole.length === Number(headers["x-amz-decoded-content-length"])) return whole;
  throw new AwsError("IncompleteBody", "The chunks do not add up to X-Amz-Decoded-Content-Length.");
}

export function writeS3(reply: object): HttpReply {
  const { status = 200, headers = {}, body = Buffer.of(), xml } = s3Answer.parse(reply);
  return xml ? writeXml(status, xml) : { status, headers: { ...headers, ...requestId() }, body };
}

export function writeS3Error({ code, message, status }: Pick<AwsError, "code" | "message" | "status">): HttpReply {
  // A 304 has no body. Source: RFC 9110, section 15.4.5.
  if (status === 304) return { status, headers: requestId(), body: "" };
  return writeXml(status, { Error: { Code: code, Message: message } });
}

const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: true });

function writeXml(status: number, content: object): HttpReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build(content)}`;
  return { status, headers: { "content-type": "application/xml", ...requestId() }, body };
}

function requestId(): Record<string, string> {
  return { "x-amz-request-id": randomUUID() };
}
