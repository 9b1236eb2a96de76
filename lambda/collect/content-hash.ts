import { createHash } from "node:crypto";

/**
 * SHA-256 of a document's content, in hex. CloudFormation and SSM may order keys and space text as they like, so what is
 * hashed is the content with its keys in order.
 */
export function contentHash(content: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(ordered(content)))
    .digest("hex");
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, ordered(child)]));
}
