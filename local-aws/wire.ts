import { randomUUID } from "node:crypto";
import { XMLBuilder } from "fast-xml-parser";
import { AwsError, type InvalidInputError } from "./errors.ts";
import type { HttpReply, HttpRequest } from "./http-messages.ts";
import { RawReply } from "./raw-reply.ts";
import { readS3, writeS3, writeS3Error } from "./s3-wire.ts";
import type { Route, Service } from "./service.ts";

/** Credential scope of a Signature Version 4 header: `Credential=KEY/date/region/service/aws4_request`. */
export interface Scope {
  accessKeyId: string;
  region: string;
  service: string;
}

export function readScope({ headers }: HttpRequest): Scope | undefined {
  const scope = /Credential=([^/,]+)\/\d{8}\/([^/,]+)\/([^/,]+)\/aws4_request/.exec(String(headers.authorization));
  const [, accessKeyId, region, service] = scope ?? [];
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

/** Reads the name of the operation and its input. The name is empty if the request matches no operation. */
export function readOperation({ protocol }: Service, request: HttpRequest): { name: string; input: unknown } {
  switch (protocol.kind) {
    case "json": {
      const [target, name = ""] = String(request.headers["x-amz-target"]).split(".");
      return { name: target === protocol.target ? name : "", input: readJson(request.body) };
    }
    case "rest-json":
      return readRest(protocol.routes, request);
    case "rest-xml":
      return readS3(request);
    default: {
      const form = [...new URLSearchParams(request.body)];
      const input = nest(form.map(([name, value]) => [name.split("."), value]));
      return { name: new URLSearchParams(request.body).get("Action") ?? "", input };
    }
  }
}

/** Input members that a request carries as headers. Source: AWS Lambda API Reference, Invoke. */
const headerMembers = { "x-amz-invocation-type": "InvocationType", "x-amz-log-type": "LogType" };

function readRest(
  routes: readonly Route[],
  { method, url, body, headers }: HttpRequest,
): { name: string; input: unknown } {
  const { pathname, searchParams } = new URL(url, "http://localhost");
  for (const [wantedMethod, template, name] of routes) {
    const pattern = new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
    const path = method === wantedMethod ? pattern.exec(pathname) : null;
    if (!path) continue;
    const fromPath = Object.entries(path.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)] as const);
    const fromHeaders = Object.entries(headerMembers).flatMap(([header, member]) =>
      headers[header] === undefined ? [] : [[member, String(headers[header])] as const],
    );
    const others = Object.fromEntries([...searchParams, ...fromPath, ...fromHeaders]);
    return { name, input: { ...readJson(body), ...others } };
  }
  return { name: "", input: {} };
}

function readJson(body: string): object {
  try {
    const value: unknown = JSON.parse(body === "" ? "{}" : body);
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Invalid JSON gets the same error as JSON that is not an object.
  }
  throw new AwsError("SerializationException", "The body is not a JSON object.");
}

/**
 * Converts form fields to nested input: `Filter.1.Value.1=x` becomes `{Filter: [{Value: ["x"]}]}`. Lists keep the order
 * of the fields.
 */
function nest(entries: readonly (readonly [path: string[], value: string])[]): unknown {
  const leaf = entries.find(([path]) => path.length === 0);
  if (leaf) return leaf[1];
  const groups = Map.groupBy(entries, ([[head = ""]]) => head);
  const children = [...groups].map(
    ([head, group]) => [head, nest(group.map(([path, value]) => [path.slice(1), value]))] as const,
  );
  const isList = children.length > 0 && children.every(([head]) => /^\d+$/.test(head));
  return isList ? children.map(([, child]) => child) : Object.fromEntries(children);
}

const xml = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: true });

/** Wraps list entries in `<item>`, as the EC2 protocol requires. */
function withItems(value: unknown): unknown {
  if (Array.isArray(value)) return { item: value.map(withItems) };
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withItems(child)]));
}

export function writeReply({ protocol }: Service, operation: string, reply: object): HttpReply {
  const id = randomUUID();
  switch (protocol.kind) {
    case "json":
      return json(200, "application/x-amz-json-1.1", id, reply);
    case "rest-json": {
      if (!(reply instanceof RawReply)) return json(200, "application/json", id, reply);
      const { status, body, headers } = reply;
      return { status, headers: { "content-type": "application/json", "x-amzn-requestid": id, ...headers }, body };
    }
    case "ec2":
      return xmlReply(
        200,
        id,
        element(`${operation}Response`, protocol.namespace, { requestId: id, ...object(reply) }),
      );
    case "query": {
      const content = { [`${operation}Result`]: reply, ResponseMetadata: { RequestId: id } };
      return xmlReply(200, id, element(`${operation}Response`, protocol.namespace, content));
    }
    case "rest-xml":
      return writeS3(reply);
  }
}

const object = (reply: object): object => Object(withItems(reply));

export function writeError({ protocol, invalidInput }: Service, error: AwsError | InvalidInputError): HttpReply {
  const id = randomUUID();
  const { message } = error;
  const { code, status } = error instanceof AwsError ? error : { code: invalidInput, status: 400 };
  switch (protocol.kind) {
    case "json":
      return json(status, "application/x-amz-json-1.1", id, { __type: code, message });
    case "rest-json": {
      // Security Hub uses Message and Code, EKS uses message. Both have the error type in the header.
      const reply = json(status, "application/json", id, { message, Message: message, Code: code });
      return { ...reply, headers: { ...reply.headers, "x-amzn-errortype": code } };
    }
    case "ec2":
      return xmlReply(status, id, {
        Response: { Errors: { Error: { Code: code, Message: message } }, RequestID: id },
      });
    case "query": {
      const content = { Error: { Type: "Sender", Code: code, Message: message }, RequestId: id };
      return xmlReply(status, id, element("ErrorResponse", protocol.namespace, content));
    }
    case "rest-xml":
      return writeS3Error({ code, message, status });
  }
}

function json(status: number, type: string, id: string, body: object): HttpReply {
  return { status, headers: { "content-type": type, "x-amzn-requestid": id }, body: JSON.stringify(body) };
}

function xmlReply(status: number, id: string, content: object): HttpReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${xml.build(content)}`;
  return { status, headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": id }, body };
}

/** An XML element with a namespace. */
function element(name: string, namespace: string, content: object): object {
  return { [name]: { "@_xmlns": namespace, ...content } };
}
