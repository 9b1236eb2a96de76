import { withReply } from "../text.ts";

/** IAM denied a call. The message names the action and the resource to allow. */
export class MissingPermissionError extends Error {
  override readonly name = "MissingPermissionError";
  readonly action: string;
  readonly resource: string;
  constructor(action: string, resource: string, cause: Error) {
    const text = `The auditor's role may not call ${action} on ${resource}. Allow it in the role's policy.`;
    super(withReply(text, cause), { cause });
    this.action = action;
    this.resource = resource;
  }
}

/** Names of the errors by which services report an IAM denial. "UnauthorizedOperation" is EC2's. */
const denials = new Set(["AccessDeniedException", "AccessDenied", "UnauthorizedOperation"]);

/** Returns a MissingPermissionError for an IAM denial, and any other error unchanged. */
export function explainDenial(action: string, error: unknown): unknown {
  if (!(error instanceof Error) || !denials.has(error.name)) return error;
  // IAM's message: "User: … is not authorized to perform: … on resource: <ARN> because …". For some calls it has no
  // resource; S3 puts the ARN in quotes.
  const [, resource = "*"] = error.message.match(/on resource: "?([^\s"]+)/) ?? [];
  return new MissingPermissionError(action, resource, error);
}
