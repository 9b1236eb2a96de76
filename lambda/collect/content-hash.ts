import { createHash } from "node:crypto";
import { canonicalJson } from "../domain/canonical-json.ts";

/** SHA-256 of a document's content, in hex. CloudFormation and SSM may change the order of keys and the white space. */
export function contentHash(content: unknown): string {
  return createHash("sha256").update(canonicalJson(content)).digest("hex");
}
