import type { Operation } from "./operation.ts";

/**
 * Wire protocol of a service. "json": the header X-Amz-Target names the operation. "rest-json": method and path select
 * the operation. "query" and "ec2": the request is a form with the field Action, the reply is XML. "rest-xml": S3's
 * protocol, see s3-wire.ts. Source: Smithy specification, "AWS protocols".
 */
export type Protocol =
  | { kind: "json"; target: string }
  | { kind: "rest-json"; routes: readonly Route[] }
  | { kind: "query" | "ec2"; namespace: string }
  | { kind: "rest-xml" };

/** The path can contain {parameters}. */
export type Route = readonly [method: string, path: string, operation: string];

export interface Service {
  /** Name in the credential scope of a signature. */
  name: string;
  protocol: Protocol;
  /** Error code for input that violates an operation's model. */
  invalidInput: string;
  /** Error of a throttled request. */
  throttled: { code: string; status: number; message: string };
  operations: Readonly<Record<string, Operation>>;
}
