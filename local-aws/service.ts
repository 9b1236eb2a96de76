import type { Operation } from "./operation.ts";

/**
 * How a service speaks. "json": operation in X-Amz-Target. "rest-json": operation in method and path.
 * "query" and "ec2": a form with Action, answered in XML. "rest-xml": S3's own, see s3-wire.ts. Source: the protocol pages of the Smithy specification.
 */
export type Protocol =
  | { kind: "json"; target: string }
  | { kind: "rest-json"; routes: readonly Route[] }
  | { kind: "query" | "ec2"; namespace: string }
  | { kind: "rest-xml" };

/** Method, path with {parameters}, operation. */
export type Route = readonly [method: string, path: string, operation: string];

export interface Service {
  /** As in the credential scope of a signature. */
  name: string;
  protocol: Protocol;
  /** The code for input that breaks the model. */
  invalidInput: string;
  /** How it says "too fast". */
  throttled: { code: string; status: number; message: string };
  operations: Readonly<Record<string, Operation>>;
}
